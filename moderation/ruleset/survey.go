package ruleset

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// survey walks over a document, sees whether it says what it may say, and notes where.
type survey struct {
	file     string
	foreign  func([]string) bool
	newlines []int
	parts    map[string][]part // by the name of the table
	err      *Error            // the first
}

// part is one table of a list.
type part struct {
	line    int
	strings []located
}

type located struct {
	text string
	line int
}

// look goes over a document up to where it is no TOML.
func look(file string, data []byte, foreign func([]string) bool) *survey {
	s := &survey{file: file, foreign: foreign, parts: map[string][]part{}}
	for i, c := range data {
		if c == '\n' {
			s.newlines = append(s.newlines, i)
		}
	}
	var p unstable.Parser
	p.Reset(data)
	var at []string // the table
	skip := false   // it is foreign
	for p.NextExpression() && s.err == nil {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			var n *unstable.Node
			at, n = keys(nil, e)
			skip = s.header(at, n, e.Kind == unstable.ArrayTable)
		case unstable.KeyValue:
			if !skip {
				s.keyValue(at, e)
			}
		}
	}
	return s
}

// keys is a key behind those before it, and its last part.
func keys(before []string, e *unstable.Node) (list []string, last *unstable.Node) {
	list = slices.Clip(before)
	for it := e.Key(); it.Next(); {
		last = it.Node()
		list = append(list, string(last.Data))
	}
	return list, last
}

// header takes in the head of a table; skip if what follows is none of our business.
func (s *survey) header(at []string, n *unstable.Node, many bool) (skip bool) {
	name := strings.Join(at, ".")
	f, ok := schema[name]
	switch {
	case !ok:
		if !s.isForeign(at) {
			s.unknown(n, at)
		}
		return true
	case f.kind != unstable.InlineTable:
		s.fail(n, name, "expected "+f.expected)
	case f.list != many:
		s.fail(n, name, "expected "+heading(name, f))
	case many:
		s.parts[name] = append(s.parts[name], part{line: s.at(n)})
	}
	return false
}

func heading(name string, f field) string {
	if f.list {
		return "[[" + name + "]]"
	}
	return "[" + name + "]"
}

func (s *survey) keyValue(before []string, e *unstable.Node) {
	path, n := keys(before, e)
	name := strings.Join(path, ".")
	f, ok := schema[name]
	if !ok {
		if !s.isForeign(path) {
			s.unknown(n, path)
		}
		return
	}
	v := e.Value()
	switch {
	case name == "rule" || name == "allow" || name == "rtbl" || name == "room":
		s.inline(path, name, n, v)
	case f.list && v.Kind == unstable.Array:
		for it := v.Children(); it.Next() && s.err == nil; {
			s.value(path, name, f, n, it.Node())
		}
	default:
		s.value(path, name, f, n, v)
	}
}

// inline takes in a list of tables that are written as values.
func (s *survey) inline(path []string, name string, n, v *unstable.Node) {
	if v.Kind != unstable.Array {
		s.fail(n, name, "expected "+heading(name, tables))
		return
	}
	for it := v.Children(); it.Next() && s.err == nil; {
		c := it.Node()
		if c.Kind != unstable.InlineTable {
			s.fail(n, name, "expected "+heading(name, tables))
			return
		}
		s.parts[name] = append(s.parts[name], part{line: s.at(n)})
		s.value(path, name, table, n, c)
	}
}

// value looks at one value; key is for where it says nothing of its own place.
func (s *survey) value(path []string, name string, f field, key, v *unstable.Node) {
	if v.Kind != f.kind {
		s.fail(key, name, "expected "+f.expected)
		return
	}
	switch v.Kind {
	case unstable.InlineTable:
		for it := v.Children(); it.Next() && s.err == nil; {
			s.keyValue(path, it.Node())
		}
	case unstable.String:
		text := string(v.Data)
		if list := s.parts[path[0]]; len(list) > 0 {
			p := &list[len(list)-1]
			p.strings = append(p.strings, located{text, s.at(v)})
		}
		if f.check == nil {
			return
		}
		if err := f.check(text); err != nil {
			s.fail(v, name, oneLine(fmt.Sprintf("%.100q: expected %s", text, f.expected)))
			s.err.Err = err
		}
	}
}

func (s *survey) isForeign(path []string) bool { return s.foreign != nil && s.foreign(path) }

func (s *survey) unknown(n *unstable.Node, path []string) {
	parent := strings.Join(path[:len(path)-1], ".")
	s.fail(n, "", fmt.Sprintf("unknown key %s; expected one of %s", oneLine(strings.Join(path, ".")), beside(parent)))
}

func (s *survey) fail(n *unstable.Node, key, message string) {
	if s.err == nil {
		s.err = &Error{File: s.file, Line: s.at(n), Key: key, Message: message}
	}
}

// at is the line of a node.
func (s *survey) at(n *unstable.Node) int { return 1 + sort.SearchInts(s.newlines, int(n.Raw.Offset)) }

// line is where the i-th table of that name begins.
func (s *survey) line(name string, i int) int {
	if list := s.parts[name]; i < len(list) {
		return list[i].line
	}
	return 0
}

// find is where a text stands in the table that begins in a line, or else that line.
func (s *survey) find(line int, text string) int {
	for _, list := range s.parts {
		for _, p := range list {
			if p.line != line {
				continue
			}
			for _, l := range p.strings {
				if l.text == text {
					return l.line
				}
			}
		}
	}
	return line
}
