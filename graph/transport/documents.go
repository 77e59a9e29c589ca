package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"stampede/graph"
)

// executes is gqlgen's executor behind the limits: a document is parsed, measured, validated and weighed here, once,
// and gqlgen finds it where it looks for documents that it knows. Both HTTP and websockets go through it.
type executes struct {
	*executor.Executor
	schema        *ast.Schema
	rules         *rules.Rules
	introspection bool
	valid         *lru.LRU[*document] // by their text
	admit         func(address string, viewer *graph.Viewer) (wait time.Duration, ok bool)
	persisted     *lru.LRU[string] // texts of valid documents by their SHA-256, in hex
}

const (
	cachedDocuments  = 1000
	persistedQueries = 1000 // of at most maxBody bytes each
	maxErrors        = 10   // that one answer lists
)

// document is a valid one.
type document struct {
	*ast.QueryDocument
	varies     bool     // its cost, with its variables: it is reckoned anew for each request
	conditions []string // variables that @skip or @include ask
}

func newExecutes(schema graphql.ExecutableSchema, introspection bool) *executes {
	e := &executes{
		Executor: executor.New(schema), schema: schema.Schema(), rules: rules.NewDefaultRules(),
		introspection: introspection,
		valid:         lru.New[*document](cachedDocuments), persisted: lru.New[string](persistedQueries),
	}
	if !introspection { // suggestions would give the schema away, word by word
		e.rules.ReplaceRule(rules.FieldsOnCorrectTypeRule.Name, rules.FieldsOnCorrectTypeRuleWithoutSuggestions.RuleFunc)
		e.rules.ReplaceRule(rules.ScalarLeafsRule.Name, rules.ScalarLeafsRuleWithoutSuggestions.RuleFunc)
		e.rules.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
		e.rules.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
		e.rules.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	}
	e.SetQueryCache(found{})
	return e
}

// found is gqlgen's cache of documents: it holds the one that has just been read, which the context carries.
type found struct{}

type foundKey struct{}

func (found) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	known, ok := ctx.Value(foundKey{}).(*ast.QueryDocument)
	return known, ok
}

func (found) Add(context.Context, string, *ast.QueryDocument) {}

// CreateOperationContext reads an operation, or says why it is refused: before it is executed, nothing has been done.
func (e *executes) CreateOperationContext(
	ctx context.Context, params *graphql.RawParams,
) (*graphql.OperationContext, gqlerror.List) {
	if from := graph.AddressFrom(ctx); from != "" && e.admit != nil {
		if wait, ok := e.admit(from, graph.ViewerFrom(ctx)); !ok {
			return &graphql.OperationContext{}, gqlerror.List{tooOften(wait)}
		}
	}
	hash, err := e.recall(ctx, params)
	if err != nil {
		return &graphql.OperationContext{}, gqlerror.List{err}
	}
	read, errs := e.read(ctx, params.Query)
	if errs != nil {
		return &graphql.OperationContext{}, errs
	}
	asked, errs := e.Executor.CreateOperationContext(context.WithValue(ctx, foundKey{}, read.QueryDocument), params)
	if errs != nil {
		return asked, e.plainly(asked, errs)
	}
	if refusal := read.undecided(asked.Variables); refusal != nil {
		return asked, gqlerror.List{refusal}
	}
	if read.varies {
		if n, _ := costOf(read.QueryDocument, asked.Operation, asked.Variables); n > maxComplexity {
			return asked, gqlerror.List{tooCostly()}
		}
	}
	if hash != "" {
		e.persisted.Add(ctx, hash, params.Query)
	}
	asked.DisableIntrospection = !e.introspection
	return asked, nil
}

// undecided refuses null where @skip or @include ask: a variable with a default may be nullable there, and gqlgen takes
// what is neither true nor false for a mistake of its own.
func (d *document) undecided(variables map[string]any) *gqlerror.Error {
	for _, name := range d.conditions {
		if value, given := variables[name]; given && value == nil {
			refusal := refused(codeInvalid, "What @skip and @include ask is true or false, and not null.")
			refusal.Path = ast.Path{ast.PathName("variable"), ast.PathName(name)}
			return refusal
		}
	}
	return nil
}

// recall is the protocol of automatic persisted queries: a hash alone stands for the text that was sent with it
// before. It returns the hash by which to remember the text, once that has proved to be of use.
func (e *executes) recall(ctx context.Context, params *graphql.RawParams) (hash string, refusal *gqlerror.Error) {
	if params.Extensions["persistedQuery"] == nil {
		return "", nil
	}
	extension, _ := params.Extensions["persistedQuery"].(map[string]any)
	hash, _ = extension["sha256Hash"].(string)
	hash = strings.ToLower(hash)
	if hash == "" {
		return "", refused(codeBadRequest, "A persisted query has a sha256Hash.")
	}
	if params.Query == "" {
		text, known := e.persisted.Get(ctx, hash)
		if !known { // the words are the protocol's
			return "", refused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
		}
		params.Query = text
		return "", nil
	}
	if sum := sha256.Sum256([]byte(params.Query)); hash != hex.EncodeToString(sum[:]) {
		return "", refused(codeBadRequest, "The hash of the persisted query is not that of the query.")
	}
	return hash, nil
}

// read is the document with this text, or why it is refused.
func (e *executes) read(ctx context.Context, text string) (*document, gqlerror.List) {
	if known, ok := e.valid.Get(ctx, text); ok {
		return known, nil
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil {
		return nil, gqlerror.List{notParsed(err)}
	}
	measured := measureDocument(parsed)
	if refusal := measured.refusal(e.introspection); refusal != nil {
		return nil, gqlerror.List{refusal}
	}
	if len(parsed.Operations) == 0 {
		return nil, gqlerror.List{refused(codeInvalid, "The document holds no operation.")}
	}
	if errs := validator.ValidateWithRules(e.schema, parsed, e.rules); errs != nil {
		return nil, e.invalid(errs)
	}
	read := &document{QueryDocument: parsed, conditions: measured.conditions}
	for _, operation := range parsed.Operations {
		n, varies := costOf(parsed, operation, nil)
		if n > maxComplexity {
			return nil, gqlerror.List{tooCostly()}
		}
		read.varies = read.varies || varies
	}
	e.valid.Add(ctx, text, read)
	return read, nil
}
