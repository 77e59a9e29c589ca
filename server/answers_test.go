package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"

	"stampede/graph"
)

// TestAnswersOfPurchaseAreWhatGqlgenWouldSay asks for the same random selection twice: once so that graph may write the
// answer itself, and once with a field more that only gqlgen's way can answer. But for that field, both say the same.
func TestAnswersOfPurchaseAreWhatGqlgenWouldSay(t *testing.T) {
	t.Parallel()
	h := openHouse(t, nil)
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	const buyer, late = `Zoë "Z" <z>`, "late"
	sell := func(stock int, input vars) (saleID, purchaseID string) {
		input = maps.Clone(input)
		input["stock"], input["startsAt"] = stock, time.Now().Add(-time.Minute).Format(time.RFC3339Nano)
		made := h.must(t, h.operator(t), scheduleSale, vars{"input": input}, "scheduleSale")
		require.Empty(t, at(t, made, "userErrors"))
		id := at(t, made, "sale.id").(string)
		return id, at(t, h.buy(t, buyer, id, "k"), "purchase.id").(string)
	}
	everything := vars{
		"product": vars{
			"sku": `L&"1"`, "name": `Lámpara "Ünø" <b>`, "description": "Warm \\ soft,\u2028and \U0001f4a1.",
			"imageUrl": "/lamp.svg", "price": vars{"amount": "49.90", "currencyCode": "EUR"},
		},
		"endsAt": time.Now().Add(time.Hour).Format(time.RFC3339Nano),
	}
	little := vars{"product": vars{"sku": "L", "name": "L"}}
	many, first := sell(9, everything)
	one, _ := sell(1, everything)
	gone, last := sell(1, little)

	// zz is a field that only gqlgen can answer, and what it says.
	const bought, soldOut = "purchase { sale { viewerPurchase { id } } }", "sale { viewerPurchase { id } }"
	for name, c := range map[string]struct{ sale, shopper, member, zz, says string }{
		"bought":                  {many, buyer, "PurchaseSuccess", bought, `{"sale":{"viewerPurchase":{"id":"` + first + `"}}}`},
		"bought the last one":     {gone, buyer, "PurchaseSuccess", bought, `{"sale":{"viewerPurchase":{"id":"` + last + `"}}}`},
		"sold out":                {one, late, "SoldOut", soldOut, `{"viewerPurchase":null}`},
		"sold out, little to say": {gone, late, "SoldOut", soldOut, `{"viewerPurchase":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := h.token(t, c.shopper)
			rapid.Check(t, func(t *rapid.T) {
				doc := documents(schema, c.member).Draw(t, "document")
				ask := func(extra string) []json.Token {
					got, err := h.send(token, doc.with(extra), vars{
						"input": vars{"saleId": c.sale, "idempotencyKey": "k"}, "yes": true, "no": false,
					})
					require.NoError(t, err)
					require.Empty(t, got.Errors)
					var body struct {
						Data struct{ Purchase json.RawMessage }
					}
					require.NoError(t, json.Unmarshal(got.Body, &body))
					return tokens(t, body.Data.Purchase)
				}
				spoken, resolved := ask(""), ask("... on "+c.member+" { zz: "+c.zz+" }")
				zz := slices.Index(resolved, json.Token("zz"))
				require.Positive(t, zz)
				require.Equal(t, append(tokens(t, []byte(c.says)), json.Delim('}')), resolved[zz+1:], "gqlgen's own way was taken")
				assert.Equal(t, append(resolved[:zz], json.Delim('}')), spoken, "%s", doc.with(""))
			})
		})
	}
}

var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)

// tokens are those of a JSON value in their order: of its keys too, and were one there twice. Of the servers' times,
// which differ by nature, only the form is left.
func tokens(t require.TestingT, value []byte) []json.Token {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var all []json.Token
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if n := len(all); n > 0 {
			if key, ok := all[n-1].(string); ok && strings.HasSuffix(key, "serverTime") {
				require.Regexp(t, dateTime, token)
				token = "a time"
			}
		}
		all = append(all, token)
	}
}

// document is a purchase with a selection of its result.
type document struct{ selected, fragments string }

// with is the whole text, with one more selection at the end.
func (d document) with(extra string) string {
	text := "{ purchase(input: $input) {" + d.selected + " " + extra + "} }" + d.fragments
	variables := "$input: PurchaseInput!"
	for _, name := range []string{"$yes", "$no"} {
		if strings.Contains(text, name) { // what is declared has to be used
			variables += ", " + name + ": Boolean!"
		}
	}
	return "mutation(" + variables + ") " + text
}

// What a document may hold, less what the test adds itself: the root field, and zz.
const (
	mostSelections = 30
	mostDepth      = 7
	mostAliases    = 4
	mostDirectives = 5
)

// selector draws selections of the schema's types.
type selector struct {
	t         *rapid.T
	schema    *ast.Schema
	favourite string // the member of the union that is selected from more often than the others
	swapped   bool   // sold is called stock, and stock sold
	resolved  bool   // viewerPurchase may be selected
	budget    int    // selections that may still be drawn
	aliases   int    // that have been drawn
	directed  int    // directives that have been drawn
	fragments []fragment
}

// fragment has a name, which is F with its index.
type fragment struct {
	on    *ast.Definition
	text  string
	size  int // in selections
	depth int // that it may have
}

func documents(schema *ast.Schema, favourite string) *rapid.Generator[document] {
	return rapid.Custom(func(t *rapid.T) document {
		s := &selector{t: t, schema: schema, favourite: favourite, budget: mostSelections}
		s.swapped, s.resolved = s.die() >= 8, s.die() >= 8
		d := document{selected: s.set(schema.Types["PurchaseResult"], mostDepth)}
		for i, f := range s.fragments {
			d.fragments += fmt.Sprintf("\nfragment F%d on %s {%s}", i, f.on.Name, f.text)
		}
		return d
	})
}

// die has ten sides, from 0 to 9; the lower, the simpler what is drawn by it.
func (s *selector) die() int {
	return rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).Draw(s.t, "die")
}

// set draws what is selected of a type, without its braces.
func (s *selector) set(of *ast.Definition, depth int) string {
	text, n := "", 1+s.die()/2
	if of.Kind == ast.Object {
		n += len(of.Fields) / 2
	}
	for i := range n {
		if i > 0 && s.budget <= 0 {
			break
		}
		text += " " + s.selection(of, depth)
	}
	return text
}

func (s *selector) selection(of *ast.Definition, depth int) string {
	s.budget--
	roll := s.die()
	if of.Kind == ast.Union {
		roll = 5 + roll/2 // it has no fields, its members have
	}
	switch {
	case roll < 6 || s.budget <= 0 || depth <= 1:
		return s.field(of, depth)
	case roll < 7: // without a condition
		return "..." + s.directives() + " {" + s.set(of, depth-1) + "}"
	case roll < 9:
		on := s.condition(of)
		return "... on " + on.Name + s.directives() + " {" + s.set(on, depth-1) + "}"
	default:
		return "... " + s.named(s.condition(of), depth) + s.directives()
	}
}

// condition draws a type that a value of another may be, too.
func (s *selector) condition(of *ast.Definition) *ast.Definition {
	mayBe := s.schema.GetPossibleTypes(of)
	var all []*ast.Definition
	for _, name := range slices.Sorted(maps.Keys(s.schema.Types)) {
		other := s.schema.Types[name]
		if !other.IsCompositeType() || !slices.ContainsFunc(s.schema.GetPossibleTypes(other), func(one *ast.Definition) bool {
			return slices.Contains(mayBe, one)
		}) {
			continue
		}
		all = append(all, other)
		if name == s.favourite {
			all = append(all, slices.Repeat([]*ast.Definition{other}, 9)...)
		}
	}
	return rapid.SampledFrom(all).Draw(s.t, "condition")
}

// named draws a fragment that is there already, or a new one.
func (s *selector) named(on *ast.Definition, depth int) string {
	for i, f := range s.fragments {
		if f.on == on && f.size < s.budget && f.depth <= depth && s.die() < 5 {
			s.budget -= f.size
			return fmt.Sprint("F", i)
		}
	}
	before := s.budget
	text := s.set(on, depth-1)
	s.fragments = append(s.fragments, fragment{on: on, text: text, size: before - s.budget, depth: depth})
	return fmt.Sprint("F", len(s.fragments)-1)
}

// field draws a field without arguments. Its alias follows from its name: two of the same name can be merged.
func (s *selector) field(of *ast.Definition, depth int) string {
	var names []string
	for _, f := range of.Fields {
		if len(f.Arguments) == 0 && (depth > 1 || s.leaf(f)) && (s.resolved || f.Name != "viewerPurchase") {
			names = append(names, f.Name)
		}
	}
	names = append(names, "__typename")
	name := rapid.SampledFrom(names).Draw(s.t, "field")
	other := map[string]string{"sold": "stock", "stock": "sold"}[name]
	if s.swapped && other != "" && s.aliases == mostAliases {
		name, other = "__typename", "" // under its own name it would stand beside the other
	}
	text := name
	switch {
	case s.swapped && other != "":
		text = other + ": " + name
		s.aliases++
	case s.aliases < mostAliases && s.die() == 9:
		text = "my_" + name + ": " + name
		s.aliases++
	}
	text += s.directives()
	if f := of.Fields.ForName(name); f != nil && !s.leaf(f) {
		text += " {" + s.set(s.schema.Types[f.Type.Name()], depth-1) + "}"
	}
	return text
}

func (s *selector) leaf(f *ast.FieldDefinition) bool {
	return s.schema.Types[f.Type.Name()].IsLeafType()
}

func (s *selector) directives() string {
	if s.directed+2 > mostDirectives || s.die() < 9 {
		return ""
	}
	drawn := rapid.SampledFrom([]string{
		" @include(if: $yes)", " @skip(if: $no)", " @include(if: $no)", " @skip(if: $yes)", " @include(if: $yes) @skip(if: $no)",
		" @skip(if: $yes) @include(if: $yes)", " @include(if: false)", " @skip(if: false)",
	}).Draw(s.t, "directives")
	s.directed += strings.Count(drawn, "@")
	return drawn
}
