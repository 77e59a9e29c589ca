package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// bug is a mistake that the wrong server makes on purpose.
type bug string

const (
	none         bug = ""
	oversells    bug = "oversells by one"
	sellsTwice   bug = "sells twice to one shopper"
	loses        bug = "confirms before commit, and loses it"
	replaysNew   bug = "replays with a new ordinal"
	falseSoldOut bug = "false sold-out"
	sellsLate    bug = "sells after the end"
	stockGoes    bug = "stock that goes back"
	eventLost    bug = "event lost"
	gaps         bug = "gap in ordinals"
	miscounts    bug = "sold counter that disagrees with the list"
	wedges       bug = "stops selling half-way, and says that it is busy"
	neverSells   bug = "is always busy"
	throwsOut    bug = "throws watchers out at the first sale, and lets nobody in again"
	hangsUp      bug = "hangs up on watchers after one event"
	forgetsKeys  bug = "knows who has bought, and not by which key"
	alwaysReplay bug = "says of every purchase that its key had bought before"
	alwaysActive bug = "never says that it is sold out to who watches"
	countsAhead  bug = "counts five that nobody has bought yet, as long as there are five"
	losesLast    bug = "forgets the last three purchases when it is killed"
	neverKnows   bug = "never knows what came of the purchase of every tenth shopper"
)

// wrongShop is a small flash-sale server in memory. Without a bug it is right.
type wrongShop struct {
	bug    bug
	onSale func(n int)   // hears of each sale
	onList func()        // hears of each page that is read
	broken int           // so many reads of the list fail
	ahead  time.Duration // of this machine's clock
	way    time.Duration // in for watchers
	// refusing, unless nil, lets restocks fail once it is closed.
	refusing chan struct{}
	servers  []*httptest.Server
	stranger string // whose token is not valid
	away     string // a file: for as long as there is one, everybody is hung up on

	mu       sync.Mutex // guards what follows
	sale     int
	stock    int
	start    time.Time
	end      time.Time
	paused   bool
	ended    bool
	writes   int
	asked    int
	list     []sold
	mine     map[string]int // the place in the list of each shopper's purchase
	watchers map[chan map[string]any]bool
	visits   int // of watchers
	told     int // the revision that was published last
}

type sold struct {
	ordinal      int
	shopper, key string
	at           time.Time
}

// openWrong starts n servers of the same shop, and returns their addresses.
func openWrong(t *testing.T, b bug, n int) []string {
	t.Helper()
	return openShop(t, &wrongShop{bug: b}, n)
}

func openShop(t *testing.T, s *wrongShop, n int) []string {
	t.Helper()
	s.watchers = map[chan map[string]any]bool{}
	var addresses []string
	for range n {
		server := httptest.NewServer(s)
		s.servers = append(s.servers, server)
		t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
		addresses = append(addresses, server.URL+"/graphql")
	}
	return addresses
}

func (s *wrongShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := os.Stat(s.away); err == nil {
		panic(http.ErrAbortHandler)
	}
	if s.stranger != "" && subject(r.Header.Get("Authorization")) == s.stranger {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"errors":[{"message":"no","extensions":{"code":"INVALID_TOKEN"}}]}`))
		return
	}
	if websocket.IsWebSocketUpgrade(r) {
		s.watch(w, r)
		return
	}
	if r.URL.Path == crashPath {
		s.crash()
		return
	}
	var q struct {
		Query     string
		Variables struct {
			I     map[string]any
			Input map[string]any
			Name  string
			After string
		}
	}
	if json.NewDecoder(r.Body).Decode(&q) != nil {
		http.Error(w, "{}", http.StatusBadRequest)
		return
	}
	if s.refusing != nil && strings.Contains(q.Query, "restockSale") {
		<-s.refusing
		http.Error(w, "{}", http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	var data map[string]any
	switch {
	case strings.Contains(q.Query, "purchases(") && s.broken > 0:
		s.broken-- // and no data
	case strings.Contains(q.Query, "purchase("):
		key, _ := q.Variables.I["idempotencyKey"].(string)
		data = map[string]any{"purchase": s.purchase(subject(r.Header.Get("Authorization")), key)}
	case strings.Contains(q.Query, "purchases("):
		if s.onList != nil {
			s.onList()
		}
		data = map[string]any{"out": map[string]any{"purchases": s.page(q.Variables.After)}}
	case strings.Contains(q.Query, "saleStatus") && s.sale == 0:
		data = map[string]any{"out": nil}
	case strings.Contains(q.Query, "saleStatus"):
		data = map[string]any{"out": s.state()}
	case strings.Contains(q.Query, "signIn"):
		claims := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"sub":"demo:%s"}`, q.Variables.Name))
		data = map[string]any{"out": map[string]any{"token": "x." + claims + ".x", "viewer": map[string]any{"id": "demo:" + q.Variables.Name}}}
	case strings.Contains(q.Query, "Sale(input"):
		s.operate(q.Query, q.Variables.Input)
		data = map[string]any{"out": map[string]any{"sale": s.state(), "userErrors": []any{}}}
	}
	answer, _ := json.Marshal(map[string]any{"data": data})
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer)
}

// subject reads a token without checking it.
func subject(authorization string) string {
	var claims struct{ Sub string }
	if parts := strings.Split(authorization, "."); len(parts) == 3 {
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(payload, &claims)
	}
	return claims.Sub
}

func (s *wrongShop) operate(query string, input map[string]any) {
	switch {
	case strings.Contains(query, "scheduleSale"):
		s.sale++
		s.stock, s.list, s.mine, s.paused, s.ended, s.writes = int(input["stock"].(float64)), nil, map[string]int{}, false, false, 0
		s.start, _ = time.Parse(time.RFC3339Nano, input["startsAt"].(string))
		s.end = time.Time{}
		if end, ok := input["endsAt"].(string); ok {
			s.end, _ = time.Parse(time.RFC3339Nano, end)
		}
		s.start, s.end = s.start.Truncate(time.Millisecond), s.end.Truncate(time.Millisecond)
		for _, at := range []time.Time{s.start, s.end} {
			if until := at.Sub(s.now()); until > 0 {
				time.AfterFunc(until+time.Millisecond, func() { s.mu.Lock(); s.publish(); s.mu.Unlock() })
			}
		}
	case strings.Contains(query, "restockSale"):
		s.stock += int(input["add"].(float64))
	case strings.Contains(query, "pauseSale"):
		s.paused = true
	case strings.Contains(query, "resumeSale"):
		s.paused = false
	case strings.Contains(query, "endSale"):
		s.ended = true
	}
	s.writes++
	s.publish()
}

func (s *wrongShop) phase(now time.Time) string {
	end := s.end
	if s.bug == sellsLate && !end.IsZero() {
		end = end.Add(200 * time.Millisecond)
	}
	switch {
	case s.ended || !end.IsZero() && !now.Before(end):
		return "ENDED"
	case s.paused:
		return "PAUSED"
	case now.Before(s.start):
		return "UPCOMING"
	case s.left() <= 0:
		return "SOLD_OUT"
	}
	return "ACTIVE"
}

func (s *wrongShop) left() int {
	if s.bug == oversells {
		return s.stock + 1 - len(s.list)
	}
	return s.stock - len(s.list)
}

func (s *wrongShop) counted() int {
	n := min(len(s.list), s.stock)
	if s.bug == miscounts {
		n -= n / 10
	}
	if s.bug == countsAhead {
		n = min(n+5, s.stock)
	}
	return n
}

func (s *wrongShop) now() time.Time { return time.Now().Add(s.ahead) }

func (s *wrongShop) state() map[string]any {
	now := s.now()
	steps := 0
	if !now.Before(s.start) {
		steps++
	}
	if !s.end.IsZero() && !now.Before(s.end) {
		steps++
	}
	m := map[string]any{
		"id": "sale_" + strconv.Itoa(s.sale), "phase": s.phase(now), "stock": s.stock, "sold": s.counted(),
		"remaining": s.stock - s.counted(), "revision": s.writes*4 + steps, "startsAt": s.start.Format(time.RFC3339Nano),
		"endsAt": nil, "serverTime": now.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
	}
	if s.bug == alwaysActive && m["phase"] == "SOLD_OUT" {
		m["phase"] = "ACTIVE"
	}
	if !s.end.IsZero() {
		m["endsAt"] = s.end.Format(time.RFC3339Nano)
	}
	return m
}

func (s *wrongShop) purchase(shopper, key string) map[string]any {
	s.asked++
	answer := func(p sold, replayed bool) map[string]any {
		replayed = replayed || s.bug == alwaysReplay
		return map[string]any{"__typename": "PurchaseSuccess", "replayed": replayed, "purchase": map[string]any{"ordinal": p.ordinal}}
	}
	now := s.now()
	if place, bought := s.mine[shopper]; bought {
		p := s.list[place]
		switch {
		case p.key == key && s.bug == replaysNew:
			return answer(sold{ordinal: len(s.list) + 1}, true)
		case p.key == key && s.bug != forgetsKeys:
			return answer(p, true)
		case s.bug != sellsTwice || s.left() <= 0:
			return map[string]any{"__typename": "AlreadyPurchased", "code": "ALREADY_PURCHASED", "purchase": map[string]any{"ordinal": p.ordinal}}
		}
	}
	phase := s.phase(now)
	switch {
	case s.bug == neverKnows && strings.HasSuffix(shopper, "0"):
		return map[string]any{"__typename": "TryAgain", "code": "OUTCOME_UNKNOWN", "retryAfterMs": 10}
	case s.bug == neverSells || s.bug == wedges && len(s.list) >= s.stock/2:
		return map[string]any{"__typename": "TryAgain", "code": "BUSY", "retryAfterMs": 10}
	case phase == "SOLD_OUT" || s.bug == falseSoldOut && s.asked%13 == 5 && phase == "ACTIVE":
		return map[string]any{"__typename": "SoldOut", "code": "SOLD_OUT"}
	case phase != "ACTIVE":
		return map[string]any{"__typename": "SaleNotActive", "code": "SALE_NOT_ACTIVE", "sale": map[string]any{"phase": phase}}
	}
	p := sold{ordinal: len(s.list) + 1, shopper: shopper, key: key, at: now}
	if s.bug == gaps && p.ordinal > 7 {
		p.ordinal++
	}
	if s.bug == loses && s.asked%11 == 3 {
		return answer(p, false)
	}
	s.mine[shopper] = len(s.list)
	s.list = append(s.list, p)
	s.writes++
	if s.onSale != nil {
		s.onSale(len(s.list))
	}
	if s.bug != eventLost || s.left() > 0 {
		s.publish()
	}
	return answer(p, false)
}

const pageSize = 1000

func (s *wrongShop) page(after string) map[string]any {
	from, _ := strconv.Atoi(after)
	to := min(from+pageSize, len(s.list))
	nodes := []any{}
	for _, p := range s.list[from:to] {
		nodes = append(nodes, map[string]any{
			"ordinal": p.ordinal, "shopperId": p.shopper, "purchasedAt": p.at.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		})
	}
	return map[string]any{
		"totalCount": len(s.list), "nodes": nodes,
		"pageInfo": map[string]any{"hasNextPage": to < len(s.list), "endCursor": strconv.Itoa(to)},
	}
}
