package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// firstKept is how long one answer serves all who open the page: a crowd that arrives in the same second costs ten
	// executions. The page's line tells it at once what has changed meanwhile.
	firstKept = 100 * time.Millisecond
	// firstWait bounds how long a page waits for it; without it the page asks by itself.
	firstWait = 250 * time.Millisecond
)

// firstAnswer asks the page's own first question on behalf of whoever opens it, as an anonymous caller does.
type firstAnswer struct {
	graphql http.Handler
	body    []byte

	mu     sync.Mutex      // guards what follows
	came   time.Time       // when the answer did: whoever waited for it gets it, too
	answer json.RawMessage // nil: there was none
}

func newFirstAnswer(graphql http.Handler, query string) (*firstAnswer, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return nil, fmt.Errorf("encode the page's first question: %w", err)
	}
	return &firstAnswer{graphql: graphql, body: body}, nil
}

// get is the answer's data; nil when there is none.
func (f *firstAnswer) get() json.RawMessage {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.came) > firstKept {
		f.answer = f.ask()
		f.came = time.Now()
	}
	return f.answer
}

func (f *firstAnswer) ask() json.RawMessage {
	ctx, cancel := context.WithTimeout(context.Background(), firstWait) // it serves others too, so no visitor ends it
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(f.body))
	if err != nil {
		return nil
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	answer := &memory{header: http.Header{}}
	f.graphql.ServeHTTP(answer, request)
	var result struct {
		Data   json.RawMessage
		Errors json.RawMessage
	}
	if json.Unmarshal(answer.Bytes(), &result) != nil || result.Errors != nil {
		return nil
	}
	return result.Data
}

// memory is an http.ResponseWriter that keeps what is written.
type memory struct {
	bytes.Buffer
	header http.Header
}

func (m *memory) Header() http.Header { return m.header }
func (m *memory) WriteHeader(int)     {}
