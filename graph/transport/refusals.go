package transport

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// This file words the refusals of operations that are not executed. gqlparser's own words quote the document: here
// nothing is said again that was sent, but for where it stands.

const (
	codeBadRequest    = "BAD_REQUEST"
	codeNotParsed     = "GRAPHQL_PARSE_FAILED"
	codeInvalid       = "GRAPHQL_VALIDATION_FAILED"
	codeTooComplex    = "QUERY_TOO_COMPLEX"
	codeTooCostly     = "COMPLEXITY_LIMIT_EXCEEDED"
	codeIntrospection = "INTROSPECTION_DISABLED"
)

func refused(code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}

func tooCostly() *gqlerror.Error {
	return refused(codeTooCostly, "The operation may cost too much: ask for fewer fields, or for smaller pages.")
}

// tooOften refuses an operation on a websocket, which has no status and no header to say so.
func tooOften(wait time.Duration) *gqlerror.Error {
	refusal := refused("RATE_LIMITED", "Too many operations: wait for as long as retryAfterMs says.")
	refusal.Extensions["retryAfterMs"] = wait.Milliseconds() + 1
	return refusal
}

// notParsed words a parser's error. The parser has no other sign for too many tokens than its words, and that it
// points nowhere.
func notParsed(err error) *gqlerror.Error {
	found, _ := errors.AsType[*gqlerror.Error](err)
	if found == nil || strings.HasPrefix(found.Message, "exceeded token limit") {
		return tooComplex(strconv.Itoa(maxTokens) + " tokens")
	}
	refusal := refused(codeNotParsed, "The document is not GraphQL: it could not be read beyond this place.")
	refusal.Locations = found.Locations
	return refusal
}

// ruleWords say what the rules of validation ask for.
var ruleWords = map[string]string{
	"FieldsOnCorrectType":                   "There is no such field on this type.",
	"FragmentsOnCompositeTypes":             "A fragment is on an object, an interface or a union.",
	"KnownArgumentNames":                    "There is no such argument here.",
	"KnownDirectives":                       "There is no such directive here.",
	"KnownFragmentNames":                    "There is no such fragment in the document.",
	"KnownRootType":                         "There is no such kind of operation in the schema.",
	"KnownTypeNames":                        "There is no such type in the schema.",
	"LoneAnonymousOperation":                "An operation without a name is the only one of its document.",
	"MaxIntrospectionDepth":                 "Introspection goes too deep.",
	"NoFragmentCycles":                      "A fragment does not spread itself.",
	"NoUndefinedVariables":                  "A variable is used that the operation does not declare.",
	"NoUnusedFragments":                     "A fragment is never spread.",
	"NoUnusedVariables":                     "A variable is declared and never used.",
	"OverlappingFieldsCanBeMerged":          "Two different fields would stand under one name: give one an alias.",
	"PossibleFragmentSpreads":               "A fragment is spread where its type cannot be.",
	"ProvidedRequiredArguments":             "A required argument is missing.",
	"ScalarLeafs":                           "An object needs a selection of its fields, and a value has none.",
	"SingleFieldSubscriptions":              "A subscription selects exactly one field.",
	"UniqueArgumentNames":                   "An argument is given twice.",
	"UniqueDirectivesPerLocation":           "A directive is given twice.",
	"UniqueFragmentNames":                   "Two fragments have one name.",
	"UniqueInputFieldNames":                 "An input field is given twice.",
	"UniqueOperationNames":                  "Two operations have one name.",
	"UniqueVariableNames":                   "Two variables have one name.",
	"ValuesOfCorrectType":                   "A value is not of the type that is asked for.",
	"VariablesAreInputTypes":                "A variable is of a type that is no input.",
	"VariablesInAllowedPosition":            "A variable is used where its type does not fit.",
	"FieldsOnCorrectTypeWithoutSuggestions": "There is no such field on this type.",
}

// invalid words what validation has found: what is wrong by the rule's name and where, and with introspection what
// the schema offers instead.
func (e *executes) invalid(errs gqlerror.List) gqlerror.List {
	words := make(gqlerror.List, 0, min(len(errs), maxErrors))
	for _, found := range errs[:min(len(errs), maxErrors)] {
		message, known := ruleWords[found.Rule]
		if !known {
			message = "The document does not fit the schema."
		}
		if _, offered, suggests := strings.Cut(found.Message, "Did you mean "); suggests && e.introspection {
			message += " Did you mean " + offered
		}
		refusal := refused(codeInvalid, message)
		refusal.Locations = found.Locations
		words = append(words, refusal)
	}
	return words
}

// plainly words what gqlgen says of an operation that fits the schema and still cannot be executed: there is none of
// that name, or its variables do not fit.
func (e *executes) plainly(asked *graphql.OperationContext, errs gqlerror.List) gqlerror.List {
	words := make(gqlerror.List, len(errs))
	for i, found := range errs {
		if asked.Operation == nil {
			words[i] = refused(codeInvalid, "The document holds no operation of that name, or several and no name was given.")
			continue
		}
		words[i] = refused(codeInvalid, "A variable is missing, or not of the type that the operation declares.")
		words[i].Path = e.declared(asked.Operation, found.Path)
	}
	return words
}

// declared cuts the path into the variables where it leaves what the schema knows.
func (e *executes) declared(operation *ast.OperationDefinition, path ast.Path) ast.Path {
	if len(path) < 2 {
		return nil
	}
	name, _ := path[1].(ast.PathName)
	variable := operation.VariableDefinitions.ForName(string(name))
	if variable == nil {
		return nil
	}
	known := path[:2:2]
	of := e.schema.Types[variable.Type.Name()]
	for _, step := range path[2:] {
		if name, isName := step.(ast.PathName); isName {
			if of == nil || of.Fields.ForName(string(name)) == nil {
				break
			}
			of = e.schema.Types[of.Fields.ForName(string(name)).Type.Name()]
		}
		known = append(known, step)
	}
	return known
}
