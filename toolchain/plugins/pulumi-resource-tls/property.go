package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// kind is the type of a property's value.
type kind string

const (
	aString  kind = "a string"
	anInt    kind = "an integer"
	aBool    kind = "a boolean"
	aList    kind = "a list of strings"
	aSubject kind = "an object"
)

// property describes one property of a resource: what Check, Diff and Create need to know of it.
type property struct {
	// name is the Pulumi name, as in the state and in the npm package.
	name string
	// kind is the type of the value.
	kind kind
	// input tells that a program may set it, required that it must.
	input, required bool
	// computed tells that the plugin makes the value when the program doesn't set it.
	computed bool
	// initial is the value when the program sets none; nil for none.
	initial any
	// secret properties are encrypted in the state.
	secret bool
	// updates in place when changed; every other input replaces the resource.
	updates bool
	// rule checks one value (of a list: one element); nil accepts all.
	rule rule
}

// rule gives a short name and a sentence of what is wrong with a value, both empty when it is right.
type rule func(resource.PropertyValue) (title, complaint string)

func oneOf(allowed ...string) rule {
	return func(value resource.PropertyValue) (string, string) {
		if slices.Contains(allowed, value.StringValue()) {
			return "", ""
		}
		return "Invalid Attribute Value Match",
			fmt.Sprintf("value must be one of: %q, got: %q", allowed, value.StringValue())
	}
}

func atLeast(minimum int) rule {
	return func(value resource.PropertyValue) (string, string) {
		if value.NumberValue() >= float64(minimum) {
			return "", ""
		}
		return "Invalid Attribute Value",
			fmt.Sprintf("value must be at least %d, got: %d", minimum, int(value.NumberValue()))
	}
}

func notEmpty(value resource.PropertyValue) (string, string) {
	if value.StringValue() != "" {
		return "", ""
	}
	return "Invalid Attribute Value Length", "string length must be at least 1, got: 0"
}

// check gives the reasons why a value is not acceptable for a property of the named resource. Unknown values
// pass: they are checked again when they are known.
func (p property) check(resourceName string, value resource.PropertyValue) []string {
	complain := func(index, title, complaint string) string {
		return fmt.Sprintf("%s. Attribute %s%s %s. Examine values at '%s.%s%s'.",
			title, snakeCase(p.name), index, complaint, resourceName, p.name, index)
	}
	if value.IsComputed() {
		return nil
	}
	if !p.kind.holds(value) {
		return []string{complain("", "Invalid Attribute Type", "must be "+string(p.kind))}
	}
	if p.rule == nil {
		return nil
	}
	if p.kind != aList {
		if title, complaint := p.rule(value); title != "" {
			return []string{complain("", title, complaint)}
		}
		return nil
	}
	var reasons []string
	for i, element := range value.ArrayValue() {
		if element.IsComputed() {
			continue
		}
		if title, complaint := p.rule(element); title != "" {
			reasons = append(reasons, complain(fmt.Sprintf("[%d]", i), title, complaint))
		}
	}
	return reasons
}

// holds tells whether a known value is of the kind; parts of it may be unknown.
func (k kind) holds(value resource.PropertyValue) bool {
	switch k {
	case aString:
		return value.IsString()
	case anInt:
		return value.IsNumber() && value.NumberValue() == math.Trunc(value.NumberValue())
	case aBool:
		return value.IsBool()
	case aList:
		return value.IsArray() && !slices.ContainsFunc(value.ArrayValue(), func(e resource.PropertyValue) bool {
			return !e.IsString() && !e.IsComputed()
		})
	default:
		return value.IsObject() && subjectHolds(value.ObjectValue())
	}
}

// subjectHolds checks the parts of a distinguished name; unknown names are ignored.
func subjectHolds(subject resource.PropertyMap) bool {
	for name, value := range subject {
		expected := aString
		if name == "streetAddresses" {
			expected = aList
		}
		if !value.IsComputed() && !expected.holds(value) {
			return false
		}
	}
	return true
}

// snakeCase turns a property's name into the one the messages of the official plugin use.
func snakeCase(name string) string {
	var out strings.Builder
	for _, char := range name {
		if unicode.IsUpper(char) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(char))
	}
	return out.String()
}

// text, number, flag and texts read a checked, known property; a missing one gives the zero value.
func text(from resource.PropertyMap, name resource.PropertyKey) string {
	if value := from[name]; value.IsString() {
		return value.StringValue()
	}
	return ""
}

func number(from resource.PropertyMap, name resource.PropertyKey) int {
	if value := from[name]; value.IsNumber() {
		return int(value.NumberValue())
	}
	return 0
}

func flag(from resource.PropertyMap, name resource.PropertyKey) bool {
	value := from[name]
	return value.IsBool() && value.BoolValue()
}

// texts gives nil for a missing list and an empty, non-nil slice for an empty one.
func texts(from resource.PropertyMap, name resource.PropertyKey) []string {
	value, ok := from[name]
	if !ok || !value.IsArray() {
		return nil
	}
	out := make([]string, 0, len(value.ArrayValue()))
	for _, element := range value.ArrayValue() {
		out = append(out, element.StringValue())
	}
	return out
}
