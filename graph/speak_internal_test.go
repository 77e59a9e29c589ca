package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"stampede/model"
)

// parsed is a valid document, whatever it costs: its limits are the transport's.
func parsed(t *testing.T, text string) *ast.QueryDocument {
	t.Helper()
	document, errs := gqlparser.LoadQueryWithRules(NewExecutableSchema(Config{}).Schema(), text, rules.NewDefaultRules())
	require.Empty(t, errs)
	return document
}

// deep are fragments in fragments that add up to more than anybody can walk through: 6 to the power of 16.
func deep(on, last string) string {
	var text strings.Builder
	for i := range 16 {
		fmt.Fprintf(&text, "fragment F%d on %s { %s } ", i, on, strings.Repeat(fmt.Sprintf("...F%d ", i+1), 6))
	}
	return text.String() + "fragment F16 on " + on + " { " + last + " }"
}

func TestWhatIsSpreadTwiceIsNotSpoken(t *testing.T) {
	t.Parallel()
	const buy = `mutation { purchase(input: {saleId: "sale_1"}) { ...F0 } } `
	for document, spoken := range map[string]bool{
		buy + deep("PurchaseResult", "... on TryAgain { code }"):                                                false,
		buy + `fragment F0 on PurchaseSuccess { replayed ...F1 } fragment F1 on PurchaseSuccess { __typename }`: true,
		buy + `fragment F0 on PurchaseSuccess { ...F1 ...F1 } fragment F1 on PurchaseSuccess { __typename }`:    false,
	} {
		selected := parsed(t, document).Operations[0].SelectionSet[0].(*ast.Field).SelectionSet
		_, plain := speakShort(selected, &model.Outcome{Verdict: model.VerdictSold, Sale: &model.State{}})
		assert.Equal(t, spoken, plain, document)
	}
}

func TestAFragmentIsLookedAtOnce(t *testing.T) {
	t.Parallel()
	const watch = `subscription { stockChanged { ...F0 } } `
	for document, shared := range map[string]bool{
		watch + deep("Sale", "id"):                    true,
		watch + deep("Sale", "viewerPurchase { id }"): false,
		watch + `fragment F0 on Sale { id ...F1 } fragment F1 on Sale { ... { soldAt { at } } }`: false,
	} {
		document := parsed(t, document)
		live, follows := LiveOf(WithViewer(t.Context(), &Viewer{}), &graphql.OperationContext{Doc: document, Operation: document.Operations[0]})
		assert.True(t, follows)
		assert.Equal(t, shared, live.Shared)
	}
}
