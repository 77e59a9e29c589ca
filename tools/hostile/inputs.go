package main

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// input is a bad one, and what has to be answered.
type input struct {
	name   string
	raw    []byte // of HTTP; on a websocket what is sent after the handshake
	status int
	answer string // in the body, or in a message
	socket bool
	close  int // the code of the websocket's close frame; 0 for a message
}

// inputs are the rows of the answers to bad input, HTTP's and websockets'.
func inputs(s *server, saleID string) []input {
	return append(httpInputs(s, saleID), socketInputs(s)...)
}

func httpInputs(s *server, saleID string) []input {
	m := maker{s: s, saleID: saleID, ann: bearer(s.mint("ann", "shopper", future()))}
	return slices.Concat(m.requests(), m.documents(), m.callers())
}

const (
	jsonKind = "Content-Type: application/json\r\n"
	fine     = `{viewer{id}}`
)

// maker makes requests.
type maker struct {
	s      *server
	saleID string
	ann    string // the header of a shopper
}

func (m maker) request(method, path, headers, body string) []byte {
	return fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s",
		method, path, m.s.addr, headers, len(body), body)
}

func (m maker) post(headers, body string) []byte {
	return m.request("POST", "/graphql", jsonKind+headers, body)
}

func (m maker) get(text string) []byte {
	return m.request("GET", "/graphql?query="+url.QueryEscape(text), "", "")
}

func query(text string) string { return `{"query":` + strconv.Quote(text) + `}` }

func bearer(token string) string { return "Authorization: Bearer " + token + "\r\n" }

func buying(sale, key string) string {
	return fmt.Sprintf(`{"query":"mutation($i:PurchaseInput!){purchase(input:$i){__typename}}",`+
		`"variables":{"i":{"saleId":"%s","idempotencyKey":"%s"}}}`, sale, key)
}

// requests hold no operation.
func (m maker) requests() []input {
	return []input{
		{name: "body over 8 KB", raw: m.post("", strings.Repeat("x", 9<<10)), status: 413, answer: "PAYLOAD_TOO_LARGE"},
		{
			name: "an address over 8 KB", status: 414, answer: "PAYLOAD_TOO_LARGE",
			raw: m.get("#" + strings.Repeat("x", 9<<10)),
		},
		{name: "malformed JSON", raw: m.post("", `{"query":"`), status: 400, answer: "BAD_REQUEST"},
		{name: "trailing garbage", raw: m.post("", query(fine)+"x"), status: 400, answer: "BAD_REQUEST"},
		{name: "not an object", raw: m.post("", `17`), status: 400, answer: "BAD_REQUEST"},
		{name: "missing query", raw: m.post("", `{}`), status: 400, answer: "BAD_REQUEST"},
		{name: "deep JSON", raw: m.post("", strings.Repeat(`{"variables":`, 600)), status: 400, answer: "BAD_REQUEST"},
		{
			name: "an array of operations", status: 400, answer: "BATCHING_DISABLED",
			raw: m.post("", "["+query(fine)+"]"),
		},
		{
			name: "text/plain", status: 415, answer: "UNSUPPORTED_MEDIA_TYPE",
			raw: m.request("POST", "/graphql", "Content-Type: text/plain\r\n", query(fine)),
		},
		{
			name: "no content type", status: 415, answer: "UNSUPPORTED_MEDIA_TYPE",
			raw: m.request("POST", "/graphql", "", query(fine)),
		},
		{name: "Accept", raw: m.post("Accept: text/html\r\n", query(fine)), status: 406, answer: "NOT_ACCEPTABLE"},
		{
			name: "GET with a mutation", status: 405, answer: "METHOD_NOT_ALLOWED",
			raw: m.get(`mutation{signIn(name:"x"){token}}`),
		},
		{name: "PUT", raw: m.request("PUT", "/graphql", jsonKind, query(fine)), status: 405, answer: "METHOD_NOT_ALLOWED"},
	}
}

// documents are not executed.
func (m maker) documents() []input {
	return []input{
		{name: "a syntax error", raw: m.post("", query(`{viewer{`)), status: 200, answer: "GRAPHQL_PARSE_FAILED"},
		{name: "braces", raw: m.post("", query(strings.Repeat("{", 4000))), status: 200, answer: "errors"},
		{
			name: "an unknown field", status: 200, answer: "GRAPHQL_VALIDATION_FAILED",
			raw: m.post("", query(`{viewer{nonsense}}`)),
		},
		{
			name: "300 fields that overlap", status: 200, answer: "GRAPHQL_VALIDATION_FAILED",
			raw: m.post("", query("{"+strings.Repeat("viewer{id}", 74)+"nonsense}")),
		},
		{
			name: "a missing variable", status: 200, answer: "GRAPHQL_VALIDATION_FAILED",
			raw: m.post("", query(`query($i:ID!){node(id:$i){id}}`)),
		},
		{
			name: "too many tokens", status: 200, answer: "QUERY_TOO_COMPLEX",
			raw: m.post("", query("{"+strings.Repeat("viewer{id}", 1500)[:7000]+"}")),
		},
		{
			name: "too deep", status: 200, answer: "QUERY_TOO_COMPLEX",
			raw: m.post("", query(strings.Repeat("{viewer{purchases{nodes{sale", 3)+"{id}"+strings.Repeat("}}}}", 3))),
		},
		{
			name: "aliases", status: 200, answer: "QUERY_TOO_COMPLEX",
			raw: m.post("", query(`{a:viewer{id}b:viewer{id}c:viewer{id}d:viewer{id}e:viewer{id}f:viewer{id}}`)),
		},
		{
			name: "directives", status: 200, answer: "QUERY_TOO_COMPLEX",
			raw: m.post("", query("{viewer"+strings.Repeat("@skip(if:false)", 6)+"{id}}")),
		},
		{
			name: "two purchases", status: 200, answer: "QUERY_TOO_COMPLEX",
			raw: m.post(m.ann, query(`mutation{a:signIn(name:"a"){token}b:signIn(name:"b"){token}}`)),
		},
		{
			name: "fragments of fragments", status: 200, answer: "GRAPHQL_VALIDATION_FAILED",
			raw: m.post("", query(doubling(20))),
		},
		{
			name: "costly", status: 200, answer: "COMPLEXITY_LIMIT_EXCEEDED",
			raw: m.post(m.ann, query(`{sales(first:1000){nodes{viewerPurchase{id}}}}`)),
		},
		{
			name: "introspection", status: 200, answer: "INTROSPECTION_DISABLED",
			raw: m.post("", query(`{__schema{types{name}}}`)),
		},
	}
}

// callers may not what they ask for, or ask for what there is not.
func (m maker) callers() []input {
	stolen := m.s.mint("ann", "shopper", future())
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	return []input{
		{name: "a malformed token", raw: m.post(bearer("x.y.z"), query(fine)), status: 401, answer: "INVALID_TOKEN"},
		{
			name: "an expired token", status: 401, answer: "INVALID_TOKEN",
			raw: m.post(bearer(m.s.mint("ann", "shopper", 1)), query(fine)),
		},
		{
			name: "alg: none", status: 401, answer: "INVALID_TOKEN",
			raw: m.post(bearer(none+"."+strings.Split(stolen, ".")[1]+"."), query(fine)),
		},
		{
			name: "another signature", status: 401, answer: "INVALID_TOKEN",
			raw: m.post(bearer(stolen[:len(stolen)-4]+"AAAA"), query(fine)),
		},
		{
			name: "a long token", status: 401, answer: "INVALID_TOKEN",
			raw: m.post(bearer(strings.Repeat("x", 6000)), query(fine)),
		},
		{name: "no token", raw: m.post("", buying(m.saleID, "k")), status: 200, answer: "UNAUTHENTICATED"},
		{
			name: "no scope", status: 200, answer: "FORBIDDEN",
			raw: m.post(m.ann, query(`mutation{endSale(input:{saleId:"`+m.saleID+`"}){sale{id}}}`)),
		},
		{name: "an unknown sale", raw: m.post(m.ann, buying("sale_404", "k")), status: 200, answer: "SaleNotFound"},
		{
			name: "an id of 65 characters", status: 200, answer: "BAD_USER_INPUT",
			raw: m.post(m.ann, buying(strings.Repeat("x", 65), "k")),
		},
		{name: "NUL", raw: m.post(m.ann, buying(m.saleID, `\u0000`)), status: 200, answer: "BAD_USER_INPUT"},
		{
			name: "half a surrogate pair", status: 200, answer: "BAD_USER_INPUT",
			raw: m.post(m.ann, buying(m.saleID, `\ud800`)),
		},
		{
			name: "an unknown hash", status: 200, answer: "PersistedQueryNotFound",
			raw: m.post("", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`),
		},
		{name: "an unknown file", raw: m.request("GET", "/assets/nothing.js", "", ""), status: 404},
		{name: "a folder above", raw: m.request("GET", "/../../etc/passwd.txt", "", ""), status: 307},
		{name: "a new query each time", raw: nil, status: 200, answer: "data"},
	}
}

func socketInputs(s *server) []input {
	const (
		hello    = `{"type":"connection_init"}`
		stranger = `{"type":"connection_init","payload":{"Authorization":"Bearer x"}}`
	)
	subscribe := func(query string) string {
		return fmt.Sprintf(`{"id":"1","type":"subscribe","payload":{"query":%q}}`, query)
	}
	watch := subscribe(`subscription{stockChanged{id}}`)
	socket := func(name string, end int, says ...string) input {
		return input{name: name, socket: true, raw: frames(says), close: end}
	}
	refused := socket("a bad operation", 0, hello, subscribe("{"))
	refused.answer = "GRAPHQL_PARSE_FAILED"
	return []input{
		{
			name: "a foreign origin", status: 403, answer: "FORBIDDEN",
			raw: handshake(s.addr, "Origin: https://evil.example\r\n"+ourProtocol),
		},
		{name: "no subprotocol", raw: handshake(s.addr, ""), status: 400, answer: "BAD_REQUEST"},
		socket("before the ack", 4401, watch),
		socket("a second init", 4429, hello, hello),
		socket("an id in use", 4409, hello, watch, watch),
		socket("no JSON", 4400, hello, "{"),
		socket("a long message", 1009, hello, strings.Repeat("x", 9<<10)),
		socket("a bad token", 4403, stranger),
		refused,
	}
}

// doubling is a document whose fragments are spread twice each, and the last of them is of nothing.
func doubling(n int) string {
	var text strings.Builder
	text.WriteString("{...F0}")
	for i := range n {
		fmt.Fprintf(&text, "fragment F%d on Query{...F%d...F%d}", i, i+1, i+1)
	}
	return text.String() + fmt.Sprintf("fragment F%d on Query{nonsense}", n)
}

func future() int64 { return time.Now().Add(time.Hour).Unix() }
