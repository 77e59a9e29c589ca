package transport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stampede/graph"
)

// This file is GraphQL over HTTP (https://graphql.github.io/graphql-over-http): POST for everything, GET for queries.

// params are those of requests, used again.
var params = sync.Pool{New: func() any { return new(graphql.RawParams) }}

// serve answers one operation.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	as := negotiate(r.Header["Accept"])
	switch {
	case r.Method != http.MethodPost && r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, POST")
		Refuse(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Operations come by GET or POST.")
		return
	case as == mediaNone:
		Refuse(w, http.StatusNotAcceptable, "NOT_ACCEPTABLE",
			"Answers are application/json or application/graphql-response+json.")
		return
	}
	w.Header()["Content-Type"] = contentTypes[as]
	asked := params.Get().(*graphql.RawParams) //nolint:errcheck // it holds nothing else
	defer func() {
		*asked = graphql.RawParams{}
		params.Put(asked)
	}()
	ctx := graphql.StartOperationTrace(r.Context())
	if r.Method != http.MethodPost {
		h.get(ctx, w, r, as, asked)
		return
	}
	if refusal := h.readPost(w, r, asked); refusal != nil {
		refusal.write(w)
		return
	}
	operation, errs := h.exec.CreateOperationContext(ctx, asked)
	if errs == nil && operation.Operation.Operation == ast.Subscription {
		subscriptionsElsewhere.write(w)
		return
	}
	h.answer(ctx, w, as, operation, errs)
}

// answer executes the operation, unless it was refused with errs, and writes what became of it.
func (h *Handler) answer(
	ctx context.Context, w http.ResponseWriter, as media, operation *graphql.OperationContext, errs gqlerror.List,
) {
	if errs != nil {
		w.WriteHeader(statusOf(as, errs))
		writeErrors(w, h.exec.DispatchError(graphql.WithOperationContext(ctx, operation), errs).Errors)
		return
	}
	next, ctx := h.exec.DispatchOperation(ctx, operation)
	response := next(ctx)
	if response == nil {
		givenUp.write(w)
		return
	}
	writeResponse(w, response)
}

// statusOf is the status of an operation that was not executed.
func statusOf(as media, errs gqlerror.List) int {
	if as == mediaResponse || errs[0].Extensions["code"] == codeBadRequest {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// get answers a query in the address. Without a token the answer belongs to everybody: it may be kept for a second.
func (h *Handler) get(ctx context.Context, w http.ResponseWriter, r *http.Request, as media, asked *graphql.RawParams) {
	w.Header()["Vary"] = []string{"Accept, Authorization"}
	w.Header()["Cache-Control"] = []string{"no-store"}
	if refusal := h.readGet(r, asked); refusal != nil {
		refusal.write(w)
		return
	}
	operation, errs := h.exec.CreateOperationContext(ctx, asked)
	if errs == nil && operation.Operation.Operation != ast.Query {
		if operation.Operation.Operation == ast.Subscription {
			subscriptionsElsewhere.write(w)
			return
		}
		w.Header().Set("Allow", "POST")
		Refuse(w, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Only queries come by GET.")
		return
	}
	if errs != nil || graph.ViewerFrom(ctx) != nil {
		h.answer(ctx, w, as, operation, errs)
		return
	}
	next, ctx := h.exec.DispatchOperation(ctx, operation)
	response := next(ctx)
	if response == nil {
		givenUp.write(w)
		return
	}
	var body bytes.Buffer
	writeResponse(&body, response)
	if len(response.Errors) == 0 {
		sum := sha256.Sum256(body.Bytes())
		tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
		w.Header()["Cache-Control"] = []string{"public, max-age=1"}
		w.Header()["Etag"] = []string{tag}
		if matches(r.Header["If-None-Match"], tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	_, _ = w.Write(body.Bytes()) // the connection may be gone
}

// matches says whether an If-None-Match names the tag.
func matches(headers []string, tag string) bool {
	for _, header := range headers {
		for known := range strings.SplitSeq(header, ",") {
			if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == tag || known == "*" {
				return true
			}
		}
	}
	return false
}

// refusal is an answer to a request that holds no operation.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) write(w http.ResponseWriter) { Refuse(w, r.status, r.code, r.message) }

var (
	tooLarge    = &refusal{http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "The request is too large."}
	unreadable  = &refusal{http.StatusBadRequest, codeBadRequest, "The request could not be read."}
	noOperation = &refusal{
		http.StatusBadRequest, codeBadRequest, "The request is not a GraphQL request: it is a JSON object with a query, " +
			"which is text; variables and extensions are objects.",
	}
	noOperationInAddress = &refusal{
		http.StatusBadRequest, codeBadRequest, "The address holds no GraphQL request: it has a query, " +
			"and if need be operationName, variables and extensions; the last two are JSON objects.",
	}
	batched = &refusal{
		http.StatusBadRequest, "BATCHING_DISABLED", "One operation comes in one request: a list of them is not taken.",
	}
	notJSON = &refusal{
		http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "A POST carries application/json.",
	}
	compressed = &refusal{
		http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "A POST comes as it is: no Content-Encoding is read.",
	}
	// An operation whose caller leaves before it begins has no answer. It is hardly read.
	givenUp = &refusal{http.StatusServiceUnavailable, "UNAVAILABLE", "The request was given up."}

	subscriptionsElsewhere = &refusal{
		http.StatusBadRequest, codeBadRequest, "A subscription comes over a websocket, subprotocol " +
			"graphql-transport-ws, or by POST with Accept: text/event-stream.",
	}
)

// bodies are used again: none is larger than a request may be.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readPost reads an operation from a request's body.
func (h *Handler) readPost(w http.ResponseWriter, r *http.Request, asked *graphql.RawParams) *refusal {
	if !isJSON(r.Header.Get("Content-Type")) {
		return notJSON
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return compressed
	}
	if r.ContentLength > h.limit {
		if r.ProtoMajor == 1 { // over HTTP/2 the connection is not this caller's alone
			w.Header().Set("Connection", "close") // what is still on its way is not waited for
		}
		return tooLarge
	}
	body := bodies.Get().(*bytes.Buffer) //nolint:errcheck // it holds nothing else
	defer bodies.Put(body)
	body.Reset()
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, h.limit)); err != nil {
		if _, over := errors.AsType[*http.MaxBytesError](err); over {
			return tooLarge
		}
		return unreadable
	}
	if bytes.HasPrefix(bytes.TrimLeft(body.Bytes(), " \t\r\n"), []byte("[")) {
		return batched
	}
	if !decode(body.Bytes(), asked) || !holdsOperation(asked) {
		return noOperation
	}
	return nil
}

// readGet reads an operation from a request's address.
func (h *Handler) readGet(r *http.Request, asked *graphql.RawParams) *refusal {
	if int64(len(r.URL.RawQuery)) > h.limit {
		return &refusal{http.StatusRequestURITooLong, tooLarge.code, tooLarge.message}
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return noOperationInAddress
	}
	asked.Query, asked.OperationName = values.Get("query"), values.Get("operationName")
	for name, into := range map[string]*map[string]any{"variables": &asked.Variables, "extensions": &asked.Extensions} {
		if text := values.Get(name); text != "" && !decode([]byte(text), into) {
			return noOperationInAddress
		}
	}
	if !holdsOperation(asked) {
		return noOperationInAddress
	}
	return nil
}

func holdsOperation(asked *graphql.RawParams) bool {
	return asked.Query != "" || asked.Extensions["persistedQuery"] != nil
}

// writeResponse writes the answer to an operation that was executed. Its data is JSON already.
func writeResponse(w io.Writer, response *graphql.Response) {
	if len(response.Errors) > 0 || len(response.Extensions) > 0 {
		_, _ = w.Write(encode(response)) // the connection may be gone
		return
	}
	_, _ = io.WriteString(w, `{"data":`)
	_, _ = w.Write(response.Data)
	_, _ = io.WriteString(w, `}`)
}

// writeErrors writes the answer to an operation that was not executed: it has no data, not even null.
func writeErrors(w io.Writer, errs gqlerror.List) {
	_ = json.NewEncoder(w).Encode(struct {
		Errors gqlerror.List `json:"errors"`
	}{errs})
}

// Refuse answers a request that does not reach GraphQL, in GraphQL's form. It is JSON, unless the headers say another.
func Refuse(w http.ResponseWriter, status int, code, message string) {
	if w.Header()["Content-Type"] == nil {
		w.Header()["Content-Type"] = contentTypes[mediaJSON]
	}
	w.WriteHeader(status)
	writeErrors(w, gqlerror.List{refused(code, message)}) // the connection may be gone; then nobody reads it
}
