// Package tomlfile reads configuration files: strictly, all or nothing, and with
// errors of one line that name the file, the line and what was expected.
package tomlfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxSize bounds a file: nobody writes that much configuration by hand.
const maxSize = 16 << 20

// Error says what is wrong with a file, in one line.
type Error struct {
	File string
	Line int    // from 1; 0 where no single line is at fault
	Key  string // as account.jid, or ""
	Text string // what is wrong and what was expected
}

// Error is file:line: key: text.
func (e *Error) Error() string {
	s := e.File + ": "
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d: ", e.File, e.Line)
	}
	if e.Key != "" {
		s += e.Key + ": "
	}
	return s + e.Text
}

// File is a file that has been read, for errors about what it means.
type File struct {
	name  string
	lines map[string]int
}

// Load reads the file of that name into a struct; see [Decode].
func Load(name string, into any) (*File, error) {
	info, err := os.Stat(name)
	if err == nil && info.Size() > maxSize {
		return nil, &Error{File: name, Text: fmt.Sprintf("the file is too large: expected at most %d bytes", maxSize)}
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, &Error{File: name, Text: err.Error()}
	}
	return Decode(name, data, into)
}

// Decode reads data, which stood in the file of that name, into a struct. A key that
// the struct has no toml tag for, a value of another type and a value that its type's
// UnmarshalText refuses are an *[Error] each.
func Decode(name string, data []byte, into any) (*File, error) {
	d := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		e := located(name, into, err)
		if e.Line == 0 {
			e.Line = blame(data, into, err)
		}
		return nil, e
	}
	return &File{name, lines(data)}, nil
}

// blame finds the line that a document without it would not fail at. go-toml gives
// no position where a type's UnmarshalText refuses a number. It stops at the first
// thing that is wrong, so what has failed goes on failing, however much follows.
func blame(data []byte, into any, err error) int {
	var ends []int // of lines
	for i, c := range data {
		if c == '\n' || i == len(data)-1 {
			ends = append(ends, i+1)
		}
	}
	return 1 + sort.Search(len(ends)-1, func(line int) bool {
		again := reflect.New(reflect.TypeOf(into).Elem()).Interface()
		e := toml.NewDecoder(bytes.NewReader(data[:ends[line]])).Decode(again)
		return e != nil && e.Error() == err.Error()
	})
}

func located(name string, into any, err error) *Error {
	var missing *toml.StrictMissingError
	if errors.As(err, &missing) && len(missing.Errors) > 0 {
		first := &missing.Errors[0]
		line, _ := first.Position()
		return unknown(name, line, first.Key(), reflect.TypeOf(into))
	}
	var wrong *toml.DecodeError
	if !errors.As(err, &wrong) {
		return &Error{File: name, Text: oneLine(err.Error())}
	}
	line, _ := wrong.Position()
	return &Error{File: name, Line: line, Key: strings.Join(wrong.Key(), "."), Text: explain(wrong)}
}

// unknown says which part of a key t, a struct or a pointer to one, does not have, and
// what it has there.
func unknown(name string, line int, key []string, t reflect.Type) *Error {
	e := &Error{File: name, Line: line, Text: "unknown key"}
	for n, part := range key {
		e.Key = strings.Join(key[:n+1], ".")
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			continue
		}
		var tags []string
		for _, f := range reflect.VisibleFields(t) {
			tag := f.Tag.Get("toml")
			if strings.EqualFold(tag, part) {
				t, tags = f.Type, nil
				break
			}
			if tag != "" {
				tags = append(tags, tag)
			}
		}
		if tags != nil {
			e.Text += ": expected one of " + strings.Join(tags, ", ")
			break
		}
	}
	return e
}

// explain puts go-toml's errors about types in the words of TOML instead of Go.
func explain(err *toml.DecodeError) string {
	s := strings.TrimPrefix(err.Error(), "toml: ")
	got, ok := strings.CutPrefix(s, "cannot decode TOML ")
	switch {
	case !ok && len(err.Key()) == 0:
		return "expected TOML: " + oneLine(s)
	case !ok:
		return oneLine(s)
	}
	got, _, _ = strings.Cut(got, " into ")
	typ := s[strings.LastIndex(s, " ")+1:]
	want := "something else"
	switch {
	case strings.HasSuffix(typ, "Duration"):
		want = `a duration such as "90s"`
	case strings.HasPrefix(typ, "[]") || strings.Contains(s, "of type []"):
		want = "a list"
	case typ == "bool":
		want = "true or false"
	case strings.HasPrefix(typ, "int"), strings.HasPrefix(typ, "uint"), strings.HasPrefix(typ, "float"):
		want = "a number"
	case strings.HasSuffix(s, "}"):
		want = "a table"
	default:
		want = "a string"
	}
	return "got " + article(got) + ", expected " + want
}

func article(s string) string {
	if s != "" && strings.ContainsRune("aeio", rune(s[0])) {
		return "an " + s
	}
	return "a " + s
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Errorf is an *[Error] about the value at key, written as in room[1].jid, where
// the tables of one name count from 0. Where the key is not in the file, the table
// that it belongs to is named.
func (f *File) Errorf(key, format string, args ...any) error {
	e := &Error{File: f.name, Text: fmt.Sprintf(format, args...)}
	for k := key; k != "" && e.Line == 0; {
		e.Line = f.lines[strings.ToLower(k)]
		i := strings.LastIndexAny(k, ".[")
		k = k[:max(i, 0)]
	}
	var plain strings.Builder
	depth := 0
	for _, r := range key {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		default:
			if depth == 0 {
				plain.WriteRune(r)
			}
		}
	}
	e.Key = plain.String()
	return e
}

// lines finds where each key of a valid document stands.
func lines(data []byte) map[string]int {
	found := map[string]int{}
	counts := map[string]int{}
	var p unstable.Parser
	p.Reset(data)
	table := ""
	at := func(n *unstable.Node) (path string, line int) {
		for it := n.Key(); it.Next(); {
			if path != "" {
				path += "."
			}
			path += strings.ToLower(string(it.Node().Data))
			line = p.Shape(it.Node().Raw).Start.Line
		}
		return path, line
	}
	note := func(path string, line int) {
		if _, ok := found[path]; !ok {
			found[path] = line
		}
	}
	for p.NextExpression() {
		n := p.Expression()
		path, line := at(n)
		switch n.Kind {
		case unstable.Table:
			table = path
			note(table, line)
		case unstable.ArrayTable:
			table = fmt.Sprintf("%s[%d]", path, counts[path])
			counts[path]++
			note(table, line)
		case unstable.KeyValue:
			if table != "" {
				path = table + "." + path
			}
			note(path, line)
		}
	}
	return found
}
