package transport //nolint:testpackage // its harness is the groups'

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/graph"
	"stampede/model"
)

// events are a stream, as whoever asked for it reads it.
type events struct {
	*http.Response
	conn  net.Conn
	lines *bufio.Reader
}

// post sends a request by hand, and reads the head of the answer.
func (s *shop) post(t *testing.T, name, body string) *events {
	t.Helper()
	conn, err := s.dial(t.Context(), "tcp", "shop:80")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	head := "POST /graphql HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n"
	if name != "" {
		head += "Authorization: Bearer " + name + "\r\n"
	}
	request := []byte(head + "Content-Length: " + jsonOf(t, len(body)) + "\r\n\r\n" + body)
	sent := make(chan error, 1)
	go func() {
		_, err := conn.Write(request)
		sent <- err
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, <-sent)
	return &events{response, conn, bufio.NewReader(response.Body)}
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// stream asks for an operation's answers as events.
func (s *shop) stream(t *testing.T, name, query string, variables map[string]any) *events {
	t.Helper()
	e := s.post(t, name, jsonOf(t, map[string]any{"query": query, "variables": variables}))
	require.Equal(t, http.StatusOK, e.StatusCode)
	assert.Equal(t, "text/event-stream; charset=utf-8", e.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", e.Header.Get("Cache-Control"))
	return e
}

// event is the next three lines, as they are.
func (e *events) event(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for {
		line, err := e.lines.ReadString('\n')
		require.NoError(t, err, "after %q", text.String())
		text.WriteString(line)
		if line == "\n" {
			return text.String()
		}
	}
}

// sold is what the next event says of a sale.
func (e *events) sold(t *testing.T) float64 {
	t.Helper()
	event := e.event(t)
	payload, found := strings.CutPrefix(event, "event: next\ndata: ")
	require.True(t, found, event)
	var answer struct {
		Data   struct{ StockChanged map[string]any }
		Errors []any
	}
	require.NoError(t, json.Unmarshal([]byte(payload), &answer), event)
	require.Empty(t, answer.Errors)
	return answer.Data.StockChanged["sold"].(float64)
}

// over says that the stream has ended, and without a last word.
func (e *events) over(t *testing.T) {
	t.Helper()
	rest, err := io.ReadAll(e.lines)
	require.NoError(t, err)
	assert.Empty(t, string(rest))
}

func TestAStreamSaysWhatAnOperationAnswers(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	const complete = "event: complete\ndata:\n\n"
	for name, c := range map[string]struct{ query, want string }{
		"a query":      {`{ saleStatus { sold } }`, `{"data":{"saleStatus":{"sold":0}}}`},
		"what is none": {`{`, "GRAPHQL_PARSE_FAILED"},
		"an unknown field": {
			`subscription { stockChanged { price } }`, "GRAPHQL_VALIDATION_FAILED",
		},
		"two fields": {
			`subscription { a: stockChanged { sold } b: stockChanged { sold } }`, "GRAPHQL_VALIDATION_FAILED",
		},
		"a sale that there is not": {`subscription { stockChanged(saleId: "sale_9") { sold } }`, `"errors"`},
		"no scope":                 {`mutation { purchase(input: {saleId: "sale_1"}) { __typename } }`, "UNAUTHENTICATED"},
	} {
		e := s.stream(t, "", c.query, nil)
		event := e.event(t)
		assert.True(t, strings.HasPrefix(event, "event: next\ndata: {"), "%s: %s", name, event)
		assert.Contains(t, event, c.want, name)
		assert.Equal(t, 3, strings.Count(event, "\n"), "%s: an event is two lines and an empty one", name)
		assert.Equal(t, complete, e.event(t), name)
		e.over(t)
	}
	for body, code := range map[string]string{
		`{`: "BAD_REQUEST", `{"query":"{ saleStatus { sold } }"} {}`: "BAD_REQUEST", `{}`: "BAD_REQUEST", `[]`: "BATCHING_DISABLED",
	} {
		refused := s.post(t, "", body)
		assert.Equal(t, http.StatusBadRequest, refused.StatusCode, body)
		text, err := io.ReadAll(refused.Body)
		require.NoError(t, err)
		assert.Contains(t, string(text), code, body)
	}
}

// TestStreamsShareTheGroupsOfWebsockets, and bytes of each state.
func TestStreamsShareTheGroupsOfWebsockets(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	first, second, socket := s.stream(t, "", watch, nil), s.stream(t, "", watch, nil), s.enter(t, "")
	socket.subscribe(t, "1", watch, nil)
	assert.InDelta(t, 0, first.sold(t), 0)
	assert.InDelta(t, 0, second.sold(t), 0)
	assert.InDelta(t, 0, socket.event(t, "1")["sold"], 0)
	for sold := range 3 {
		s.feed.sell(1)
		event := first.event(t)
		assert.Equal(t, event, second.event(t))
		payload := strings.TrimSuffix(strings.TrimPrefix(event, "event: next\ndata: "), "\n\n")
		assert.Equal(t, payload, string(socket.next(t).Payload))
		assert.Contains(t, payload, `"sold":`+jsonOf(t, sold+1))
	}
	begun, _ := s.feed.watches()
	assert.Equal(t, 1, begun)
	assert.Equal(t, map[graph.SaleID]int{0: 3}, s.Watching())
	require.NoError(t, first.conn.Close())
	require.NoError(t, second.conn.Close())
	require.NoError(t, socket.Close())
	assert.Eventually(t, func() bool { return s.groupsOf() == 0 }, limit, time.Millisecond, "nobody is left")
}

func TestAStreamOfWhatIsTheirs(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), func(_ *Options, r *graph.Resolver) {
		r.Sales = purchases{by: func(_ context.Context, shopper string) (model.Purchase, bool, error) {
			return model.Purchase{ShopperID: shopper, Ordinal: 7}, shopper == "ann", nil
		}}
	})
	ann, bob := s.stream(t, "ann", watchMine, nil), s.stream(t, "bob", watchMine, nil)
	for range 2 {
		assert.Contains(t, ann.event(t), `"viewerPurchase":{"ordinal":7,"shopperId":"ann"}`)
		assert.Contains(t, bob.event(t), `"viewerPurchase":null`)
		s.feed.sell(1)
	}
	assert.Equal(t, map[graph.SaleID]int{0: 2}, s.Watching())
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), func(o *Options, _ *graph.Resolver) { o.MaxSocketsFrom = 2 })
	kept := s.stream(t, "", watch, nil)
	socket := s.enter(t, "")
	refused := s.post(t, "", jsonOf(t, map[string]any{"query": watch}))
	assert.Equal(t, http.StatusTooManyRequests, refused.StatusCode, "a stream and a websocket are two")
	assert.Equal(t, "1", refused.Header.Get("Retry-After"))
	text, err := io.ReadAll(refused.Body)
	require.NoError(t, err)
	assert.Contains(t, string(text), "RATE_LIMITED")
	require.NoError(t, socket.Close())
	require.Eventually(t, func() bool {
		e := s.post(t, "", jsonOf(t, map[string]any{"query": watch}))
		defer func() { _ = e.conn.Close() }()
		return e.StatusCode == http.StatusOK
	}, limit, time.Millisecond, "there is room again")
	assert.InDelta(t, 0, kept.sold(t), 0)
}

// TestADrainEndsStreams without a last word: the client has to come back.
func TestADrainEndsStreams(t *testing.T) {
	t.Parallel()
	s := open(t, tcp(t), nil)
	watching := s.stream(t, "", watch, nil)
	assert.InDelta(t, 0, watching.sold(t), 0)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	require.NoError(t, s.Close(ctx))
	watching.over(t)
	refused := s.post(t, "", jsonOf(t, map[string]any{"query": watch}))
	assert.Equal(t, http.StatusServiceUnavailable, refused.StatusCode)
}

func TestAStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newPipes(), func(o *Options, _ *graph.Resolver) {
			authenticate := o.Authenticate
			o.Authenticate = func(ctx context.Context, authorization string) (context.Context, time.Time, error) {
				if strings.HasSuffix(authorization, "eve") {
					return ctx, time.Time{}, errors.New("nobody knows her")
				}
				ctx, _, err := authenticate(ctx, authorization)
				return ctx, time.Now().Add(35 * time.Second), err
			}
		})
		began := time.Now()
		watching := s.stream(t, "ann", watch, nil)
		assert.InDelta(t, 0, watching.sold(t), 0)
		rest, err := io.ReadAll(watching.lines)
		require.NoError(t, err)
		assert.Equal(t, 35*time.Second, time.Since(began))
		assert.Equal(t, ":\n\n:\n\n:\n\n", string(rest), "a word every ten seconds, and no last one")
		assert.Equal(t, http.StatusUnauthorized, s.post(t, "eve", jsonOf(t, map[string]any{"query": watch})).StatusCode)
	})
}

// TestAStreamThatNobodyReadsIsClosed, and holds up nobody; who reads late gets the latest state.
func TestAStreamThatNobodyReadsIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, newPipes(), nil)
		stuck, late, quick := s.stream(t, "", watch, nil), s.stream(t, "", watch, nil), s.stream(t, "", watch, nil)
		for _, e := range []*events{stuck, late, quick} {
			assert.InDelta(t, 0, e.sold(t), 0)
		}
		var reading sync.WaitGroup
		reading.Go(func() {
			for sold := 0.0; sold < 50; {
				sold = quick.sold(t)
			}
		})
		for range 50 {
			s.feed.sell(1)
			<-time.After(time.Millisecond)
		}
		reading.Wait()
		assert.InDelta(t, 1, late.sold(t), 0, "what was being written")
		assert.InDelta(t, 50, late.sold(t), 0, "and then the latest")
		<-time.After(writeTimeout)
		synctest.Wait()
		assert.Equal(t, map[graph.SaleID]int{0: 2}, s.Watching())
		_, err := io.Copy(io.Discard, stuck.conn)
		assert.NoError(t, err)
	})
}

func TestWhoAsksForAStream(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		accept []string
		want   bool
	}{
		"graphql-sse":        {"POST", []string{"text/event-stream"}, true},
		"one of several":     {"POST", []string{"application/json;q=0.5, text/event-stream;q=1"}, true},
		"in a second header": {"POST", []string{"application/json", "Text/Event-Stream"}, true},
		"anything":           {"POST", []string{"*/*"}, false},
		"nothing":            {"POST", nil, false},
		"by GET":             {"GET", []string{"text/event-stream"}, false},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://shop/graphql", bytes.NewReader(nil))
		require.NoError(t, err)
		r.Header["Accept"] = c.accept
		assert.Equal(t, c.want, wantsStream(r), name)
	}
}
