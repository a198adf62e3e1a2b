"""`diff`: what changes for each container from one stack to another, or from what is deployed, and what restarts."""
