package graph_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/vektah/gqlparser/v2/ast"

	"stampede/graph"
)

// TestEverythingIsDescribed: integrators read the schema before anything else.
func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	described := func(description, what string) {
		assert.NotEmpty(t, strings.TrimSpace(description), "%s has no description", what)
	}
	arguments := func(of string, list ast.ArgumentDefinitionList) {
		for _, argument := range list {
			described(argument.Description, of+"("+argument.Name+")")
		}
	}
	for name, definition := range schema.Types {
		if definition.BuiltIn {
			continue
		}
		described(definition.Description, name)
		for _, field := range definition.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			described(field.Description, name+"."+field.Name)
			arguments(name+"."+field.Name, field.Arguments)
		}
		for _, value := range definition.EnumValues {
			described(value.Description, name+"."+value.Name)
		}
	}
	for name, directive := range schema.Directives {
		if directive.Position != nil && directive.Position.Src.BuiltIn {
			continue
		}
		described(directive.Description, "@"+name)
		arguments("@"+name, directive.Arguments)
	}
}
