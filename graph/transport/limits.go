package transport

import (
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// What a document may hold, whoever sends it. The standard introspection query, which is deeper, has bounds of its own.
const (
	maxTokens     = 300
	maxDepth      = 8
	maxAliases    = 5
	maxDirectives = 5
	maxMutations  = 1 // root fields of one mutation
	maxComplexity = 10_000

	// Below __schema and __type: as deep as the standard query asks, and from type to type only once, for lists of
	// lists of types are what makes introspection dear.
	maxIntrospectionDepth = 16
	maxIntrospectionHops  = 1
)

// measure is what a document was found to hold. It is taken from the parsed document, before anything is validated.
type measure struct {
	depth      int
	aliases    int
	directives int
	mutations  int      // the most root fields that one mutation selects
	asksSchema bool     // __schema or __type, where there may be none
	schemaOver bool     // it goes too deep into the schema
	conditions []string // variables that @skip or @include ask
}

// extent is how far a selection reaches.
type extent struct {
	depth int // of the fields that are no introspection
	all   int // of all fields
	hops  int // the most lists of types inside each other
	width int // root fields, when it is a root
}

func (e extent) or(other extent) extent {
	return extent{max(e.depth, other.depth), max(e.all, other.all), max(e.hops, other.hops), e.width + other.width}
}

// surveyor measures a document. A fragment is looked at once, however often it is spread: documents are small, what
// fragments make of them need not be.
type surveyor struct {
	measure
	document  *ast.QueryDocument
	fragments map[string]extent
}

func measureDocument(document *ast.QueryDocument) measure {
	s := &surveyor{document: document, fragments: map[string]extent{}}
	for _, operation := range document.Operations {
		s.note(operation.Directives)
		for _, variable := range operation.VariableDefinitions {
			s.note(variable.Directives)
		}
		whole := s.selections(operation.SelectionSet)
		s.depth = max(s.depth, whole.depth)
		if operation.Operation == ast.Mutation {
			s.mutations = max(s.mutations, whole.width)
		}
	}
	for _, fragment := range document.Fragments { // those that nobody spreads count too
		s.note(fragment.Directives)
		s.fragment(fragment.Name)
	}
	return s.measure
}

func (s *surveyor) selections(set ast.SelectionSet) (whole extent) {
	for _, selection := range set {
		switch selected := selection.(type) {
		case *ast.Field:
			whole = whole.or(s.field(selected))
		case *ast.InlineFragment:
			s.note(selected.Directives)
			whole = whole.or(s.selections(selected.SelectionSet))
		case *ast.FragmentSpread:
			s.note(selected.Directives)
			whole = whole.or(s.fragment(selected.Name))
		}
	}
	return whole
}

func (s *surveyor) field(field *ast.Field) extent {
	if field.Alias != field.Name {
		s.aliases++
	}
	s.note(field.Directives)
	below := s.selections(field.SelectionSet)
	here := extent{depth: below.depth + 1, all: below.all + 1, hops: below.hops, width: 1}
	switch field.Name {
	case "fields", "inputFields", "interfaces", "possibleTypes":
		here.hops++
	case "__schema", "__type":
		s.asksSchema = true
		if here.all > maxIntrospectionDepth || here.hops > maxIntrospectionHops {
			s.schemaOver = true
		}
		here.depth = 1
	}
	return here
}

// note counts directives, and keeps the variables that they ask.
func (s *surveyor) note(directives ast.DirectiveList) {
	s.directives += len(directives)
	for _, directive := range directives {
		if directive.Name != "skip" && directive.Name != "include" {
			continue
		}
		if asked := directive.Arguments.ForName("if"); asked != nil && asked.Value.Kind == ast.Variable {
			s.conditions = append(s.conditions, asked.Value.Raw)
		}
	}
}

// fragment is the extent of a fragment; one that spreads itself, or that nobody defined, is for validation to refuse.
func (s *surveyor) fragment(name string) extent {
	if known, ok := s.fragments[name]; ok {
		return known
	}
	s.fragments[name] = extent{}
	if fragment := s.document.Fragments.ForName(name); fragment != nil {
		s.fragments[name] = s.selections(fragment.SelectionSet)
	}
	return s.fragments[name]
}

// refusal says why a document is refused before it is validated; nil when it is not.
func (m measure) refusal(introspection bool) *gqlerror.Error {
	switch {
	case m.asksSchema && !introspection:
		return refused(codeIntrospection, "Introspection is switched off on this server: see /schema.graphql.")
	case m.depth > maxDepth:
		return tooComplex("a depth of " + strconv.Itoa(maxDepth))
	case m.aliases > maxAliases:
		return tooComplex(strconv.Itoa(maxAliases) + " aliases")
	case m.directives > maxDirectives:
		return tooComplex(strconv.Itoa(maxDirectives) + " directives")
	case m.mutations > maxMutations:
		return tooComplex("one root field, when it is a mutation")
	case m.schemaOver:
		return tooComplex("the standard introspection query, and nothing deeper")
	}
	return nil
}

func tooComplex(bound string) *gqlerror.Error {
	return refused(codeTooComplex, "The document is too complex: it may have "+bound+".")
}

// cost is what an operation may cost at the most: a field is 1, or what @cost says, and what is selected of a list
// counts as often as `first` allows. It is asked of valid documents only.
type cost struct {
	document  *ast.QueryDocument
	variables map[string]any
	fragments map[string]weight
	varies    bool // with the variables
}

// weight is what a selection costs: lists counts once for each item of the connection that it is selected of.
type weight struct{ once, lists int }

func (w weight) plus(other weight) weight {
	return weight{add(w.once, other.once), add(w.lists, other.lists)}
}

// costOf is what the operation costs, and whether that varies with its variables.
func costOf(document *ast.QueryDocument, operation *ast.OperationDefinition, variables map[string]any) (int, bool) {
	c := &cost{document: document, variables: variables, fragments: map[string]weight{}}
	whole := c.selections(operation.SelectionSet)
	return add(whole.once, whole.lists), c.varies
}

func (c *cost) selections(set ast.SelectionSet) (whole weight) {
	for _, selection := range set {
		switch selected := selection.(type) {
		case *ast.Field:
			whole = whole.plus(c.field(selected))
		case *ast.InlineFragment:
			whole = whole.plus(c.selections(selected.SelectionSet))
		case *ast.FragmentSpread:
			known, ok := c.fragments[selected.Name]
			if !ok {
				known = c.selections(c.document.Fragments.ForName(selected.Name).SelectionSet)
				c.fragments[selected.Name] = known
			}
			whole = whole.plus(known)
		}
	}
	return whole
}

func (c *cost) field(field *ast.Field) weight {
	if strings.HasPrefix(field.Name, "__") { // the schema's own size bounds it
		return weight{once: 1}
	}
	own := 1
	if directive := field.Definition.Directives.ForName("cost"); directive != nil {
		own = intOf(directive.Arguments.ForName("weight").Value, nil, own)
	}
	below := c.selections(field.SelectionSet)
	inside := add(below.once, below.lists)
	if first := field.Definition.Arguments.ForName("first"); first != nil {
		inside = add(below.once, times(below.lists, c.first(field, first)))
	}
	if field.Definition.Type.Elem != nil {
		return weight{lists: add(own, inside)}
	}
	return weight{once: add(own, inside)}
}

// first is how many items a connection is asked for; what makes no sense is refused by its resolver.
func (c *cost) first(field *ast.Field, argument *ast.ArgumentDefinition) int {
	given := field.Arguments.ForName("first")
	if given == nil {
		return intOf(argument.DefaultValue, nil, 1)
	}
	if given.Value.Kind == ast.Variable {
		c.varies = true
	}
	return max(1, intOf(given.Value, c.variables, 1))
}

// intOf is an integer value, or else when it is none.
func intOf(value *ast.Value, variables map[string]any, otherwise int) int {
	if value == nil {
		return otherwise
	}
	got, err := value.Value(variables)
	if err != nil {
		return most // a number beyond all bounds
	}
	switch n := got.(type) {
	case int64:
		return int(min(n, most))
	case int:
		return min(n, most)
	case string: // gqlgen reads numbers in quotes, too
		quoted, err := strconv.ParseInt(n, 10, 64)
		if err != nil {
			return most
		}
		return int(min(quoted, most))
	default:
		return otherwise
	}
}

// most is as large as a cost gets.
const most = 1 << 30

func add(a, b int) int { return min(a+b, most) }

func times(a, b int) int {
	if a > 0 && b > most/a {
		return most
	}
	return a * b
}
