package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"

	"stampede/graph"
)

// mostCost is what reading a document may cost the server, in processor time, whatever stands in it.
const mostCost = slowed * 20 * time.Millisecond

// FuzzADocumentCostsLittle reads whatever documents of 8 KB there are: parser, limits, validation, and what a
// subscription follows. FUZZ_SLOWEST names a file for the dearest document that was met.
//
//	go test ./graph/transport -run '^$' -fuzz FuzzADocumentCostsLittle -fuzztime 10m -fuzzminimizetime 10x -parallel 1
func FuzzADocumentCostsLittle(f *testing.F) {
	for _, seed := range dearDocuments() {
		f.Add(seed)
	}
	reads := []*executes{
		newExecutes(graph.NewExecutableSchema(graph.Config{}), true), newExecutes(graph.NewExecutableSchema(graph.Config{}), false),
	}
	slowest := record{file: os.Getenv("FUZZ_SLOWEST")}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxBody {
			return
		}
		for _, e := range reads {
			// The least of some tries is what it costs; the rest is whoever else is on the machine.
			least := time.Hour
			for try := 0; try < 5 && least > min(mostCost, slowest.cost); try++ {
				ctx := graphql.StartOperationTrace(t.Context())
				asked := &graphql.RawParams{Query: text + strings.Repeat(" ", try)} // none that is known already
				least = min(least, processorTime(t, func() { prepare(ctx, e, asked) }))
			}
			slowest.note(t, least, text)
			assert.LessOrEqual(t, least, mostCost, "%q", text)
		}
	})
}

// prepare is what an operation costs before it is admitted.
func prepare(ctx context.Context, e *executes, params *graphql.RawParams) {
	asked, errs := e.CreateOperationContext(ctx, params)
	if errs == nil && asked.Operation.Operation == ast.Subscription && graph.OneStream(asked) {
		_, _ = graph.LiveOf(ctx, asked)
	}
}

// record keeps the dearest document in a file: what a worker of the fuzzer says itself is not heard.
type record struct {
	file string
	cost time.Duration
}

func (r *record) note(t *testing.T, cost time.Duration, text string) {
	t.Helper()
	if cost <= r.cost {
		return
	}
	r.cost = cost
	if r.file != "" {
		require.NoError(t, os.WriteFile(r.file, fmt.Appendf(nil, "%s\n%s\n", cost, text), 0o600))
	}
}

// dearDocuments are those that come to mind.
func dearDocuments() []string {
	fragments := func(n int, on, begin, body, end string) string {
		var text strings.Builder
		text.WriteString(begin)
		for i := range n {
			name, next := string(rune('A'+i/26))+string(rune('a'+i%26)), string(rune('A'+(i+1)/26))+string(rune('a'+(i+1)%26))
			if i == 0 {
				name = "F0"
			}
			text.WriteString(" fragment " + name + " on " + on + " { " + strings.ReplaceAll(body, "NEXT", next) + " }")
		}
		return text.String() + end
	}
	return []string{
		"{" + strings.Repeat(" viewer", 298) + "}",
		"{" + strings.Repeat(" viewer{id}", 74) + "}",
		"{ viewer {" + strings.Repeat(" purchases(first:1){nodes{id}}", 20) + "}}",
		"{" + strings.Repeat("{", 299),
		strings.Repeat("#", 8000),
		strings.Repeat(",", 8000) + "{viewer{id}}",
		"{ node(id:\"" + strings.Repeat("\\u0041", 1300) + "\"){id} }",
		"{ node(id:\"\"\"" + strings.Repeat("\n  x", 1900) + "\"\"\"){id} }",
		"{ sales(phases:[" + strings.Repeat("ACTIVE ", 280) + "]){nodes{id}} }",
		"query(" + strings.Repeat("$a:ID ", 70) + "){viewer{id}}",
		"query" + strings.Repeat("($a:ID)", 40) + "{viewer{id}}",
		"mutation{" + strings.Repeat("purchase(input:{saleId:1}){__typename}", 20) + "}",
		fragments(35, "Query", "{ ...F0 }", "...NEXT ...NEXT", ""),
		fragments(20, "Query", "{ ...F0 }", "...NEXT viewer{id} ...NEXT viewer{id}", ""),
		fragments(14, "Sale", "subscription { stockChanged { ...F0 } }", strings.Repeat("...NEXT ", 6), " fragment Ao on Sale { id }"),
		fragments(5, "Sale", "subscription { stockChanged { ...F0 } }", strings.Repeat("...NEXT ", 6), " fragment Af on Sale { id }"),
		"{ viewer{id} " + strings.Repeat("...{", 140) + "viewer{id}" + strings.Repeat("}", 140) + "}",
		"{ __schema{types{" + strings.Repeat("fields{type{", 40) + "name" + strings.Repeat("}}", 40) + "}}}",
		"{ node(id:1){" + strings.Repeat("... on Sale{id}... on Purchase{id}", 20) + "} }",
	}
}

// processorTime is what do costs of the processor, on this thread.
func processorTime(t *testing.T, do func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime(t)
	do()
	return threadTime(t) - before
}

func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	who := syscall.RUSAGE_SELF
	if runtime.GOOS == "linux" {
		who = 1 // RUSAGE_THREAD
	}
	require.NoError(t, syscall.Getrusage(who, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestAKnownDocumentIsReadOnce: the purchase that a crowd sends is parsed and validated once, then it costs a look-up.
func TestAKnownDocumentIsReadOnce(t *testing.T) {
	t.Parallel()
	e := newExecutes(graph.NewExecutableSchema(graph.Config{}), false)
	const text = `{ saleStatus { id phase remaining } }`
	first, errs := e.read(context.Background(), text)
	require.Empty(t, errs)
	again, errs := e.read(context.Background(), text)
	require.Empty(t, errs)
	assert.Same(t, first, again)
}

// TestANumberInQuotesCosts what it costs without them.
func TestANumberInQuotesCosts(t *testing.T) {
	t.Parallel()
	e := newExecutes(graph.NewExecutableSchema(graph.Config{}), false)
	for _, c := range []struct {
		n    any
		code any
	}{
		{json.Number("10"), nil},
		{"10", nil},
		{json.Number("100"), codeTooCostly},
		{"100", codeTooCostly},
		{"+100", codeTooCostly},
		{"99999999999999999999", codeInvalid}, // no Int at all
	} {
		_, errs := e.CreateOperationContext(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{
			Query:     `query($n: Int!) { sales(first: $n) { nodes { purchases(first: 100) { nodes { id } } } } }`,
			Variables: map[string]any{"n": c.n},
		})
		if c.code == nil {
			assert.Empty(t, errs, c.n)
			continue
		}
		require.Len(t, errs, 1, c.n)
		assert.Equal(t, c.code, errs[0].Extensions["code"], c.n)
	}
}
