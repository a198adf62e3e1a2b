// Keys prints, as JSON, every struct that Tempo reads its configuration into: its name -> key -> type.
//
// A type is a word of Go's or of `words`, another struct's name, or one of them after "[]" (a list) or "map:"
// (any keys). `python -m sandbox.tempo_keys` writes settings/tempo_keys.yaml of it.
package main

import (
	"encoding"
	"encoding/json"
	"os"
	"reflect"
	"strings"

	"github.com/grafana/tempo/cmd/tempo/app"
	"gopkg.in/yaml.v2"
)

// What Tempo reads types of these packages from, where it is not what their Go kind says.
var words = map[string]string{
	"time.Duration":                "duration",
	"time.Time":                    "time",
	"model.Duration":               "prometheus duration",
	"flagext.Secret":               "secret",
	"config.Secret":                "secret",
	"flagext.Bytes":                "bytes",
	"flagext.Time":                 "time",
	"flagext.URLValue":             "string",
	"flagext.StringSliceCSV":       "string",
	"flagext.CIDRSliceCSV":         "string",
	"flagext.StringSlice":          "[]string",
	"log.Level":                    "log level",
	"backend.Encoding":             "string",
	"listtomap.ListToMap":          "[]string",
	"netext.CIDR":                  "string",
	"overrides.RemoteWriteHeaders": "map:secret",
}

var (
	structs     = map[string]map[string]string{}
	unmarshaler = reflect.TypeOf((*yaml.Unmarshaler)(nil)).Elem()
	text        = reflect.TypeOf((*encoding.TextUnmarshaler)(nil)).Elem()
)

func word(t reflect.Type) string {
	if known, ok := words[t.String()]; ok {
		return known
	}
	switch t.Kind() {
	case reflect.Pointer:
		return word(t.Elem())
	case reflect.Slice, reflect.Array:
		return "[]" + word(t.Elem())
	case reflect.Map:
		return "map:" + word(t.Elem())
	case reflect.Struct:
		return structure(t)
	case reflect.Interface, reflect.Func, reflect.Chan:
		return "any"
	}
	if pointer := reflect.PointerTo(t); pointer.Implements(unmarshaler) || pointer.Implements(text) {
		os.Stderr.WriteString("read by a function of its own: " + t.String() + "\n")
	}
	return t.Kind().String()
}

func structure(t reflect.Type) string {
	name := strings.TrimPrefix(strings.TrimPrefix(t.PkgPath(), "github.com/grafana/"), "tempo/") + "." + t.Name()
	if _, ok := structs[name]; ok {
		return name
	}
	if reflect.PointerTo(t).Implements(unmarshaler) && t.String() != "overrides.Config" {
		os.Stderr.WriteString("read by a function of its own: " + t.String() + "\n")
	}
	keys := map[string]string{}
	structs[name] = keys // before its fields: it may hold itself
	fields(t, keys)
	return name
}

func fields(t reflect.Type, keys map[string]string) {
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		tag := field.Tag.Get("yaml")
		key, flags, _ := strings.Cut(tag, ",")
		inline := strings.Contains(flags, "inline")
		switch {
		case !field.IsExported() && !(inline && field.Anonymous), key == "-":
		case inline && field.Type.Kind() == reflect.Struct:
			fields(field.Type, keys)
		case key == "":
			keys[strings.ToLower(field.Name)] = word(field.Type)
		default:
			keys[key] = word(field.Type)
		}
	}
}

func main() {
	structure(reflect.TypeOf(app.Config{}))
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(structs); err != nil {
		panic(err)
	}
}
