package shop

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"stampede/stress/judge"
)

// Order is a wish to buy: who, by which key, and where the connection breaks, if it shall.
type Order struct {
	Token string
	Sale  string
	Key   string // empty: none
	Cut   Cut
}

// Answer is what came of an order.
type Answer struct {
	Result         judge.Result
	Replayed       bool
	Ordinal        int32
	Sent, Received time.Time
	// Retry is how long the server asks to wait before the same again.
	Retry time.Duration
	// Upcoming says that a sale that is not active has not begun.
	Upcoming bool
	// Err says why there is no answer of the contract.
	Err error
}

const purchaseQuery = `{"query":"mutation($i:PurchaseInput!){purchase(input:$i){__typename ` +
	`...on PurchaseSuccess{replayed purchase{ordinal}}...on AlreadyPurchased{purchase{ordinal}}` +
	`...on SaleNotActive{sale{phase}}...on TryAgain{retryAfterMs}...on PurchaseError{code}}}","variables":{"i":{"saleId":`

// PurchaseSize is about how many bytes a purchase's request and answer have: where to cut at random.
const (
	PurchaseSize = 900
	AnswerSize   = 700
)

// Purchase buys, or finds out why not.
func (c *Conn) Purchase(ctx context.Context, o Order) Answer {
	body := c.wish[:0]
	body = strconv.AppendQuote(append(body, purchaseQuery...), o.Sale)
	if o.Key != "" {
		body = strconv.AppendQuote(append(body, `,"idempotencyKey":`...), o.Key)
	}
	body = append(body, `}}}`...)
	c.wish = body
	e := c.Do(ctx, o.Token, c.wish, o.Cut)
	a := Answer{Sent: e.Sent, Received: e.Received, Retry: e.Retry, Err: e.Err}
	switch {
	case e.Err != nil && !e.Left:
		a.Result = judge.Unsent
	case e.Err != nil:
		a.Result = judge.Unanswered
	default:
		a.read(&e)
	}
	return a
}

type purchaseAnswer struct {
	Data *struct {
		Purchase *struct {
			Name         string `json:"__typename"`
			Code         string `json:"code"`
			Replayed     bool   `json:"replayed"`
			RetryAfterMs int    `json:"retryAfterMs"`
			Purchase     struct {
				Ordinal int32 `json:"ordinal"`
			} `json:"purchase"`
			Sale struct {
				Phase judge.Phase `json:"phase"`
			} `json:"sale"`
		} `json:"purchase"`
	} `json:"data"`
	Errors []problem `json:"errors"`
}

// read takes an answer for what the contract says it is.
func (a *Answer) read(e *Exchange) {
	var got purchaseAnswer
	err := json.Unmarshal(e.Body, &got)
	if err != nil || got.Data == nil || got.Data.Purchase == nil {
		a.Result = judge.Garbled
		a.Err = refusal(e, got.Errors)
		if e.throttled() {
			a.Result = judge.Throttled
		}
		return
	}
	p := got.Data.Purchase
	switch p.Code {
	case "":
		a.Result, a.Replayed, a.Ordinal = judge.Bought, p.Replayed, p.Purchase.Ordinal
		if p.Name != "PurchaseSuccess" || a.Ordinal < 1 {
			a.Result, a.Err = judge.Garbled, refusal(e, nil)
		}
	case "SOLD_OUT":
		a.Result = judge.SoldOut
	case "ALREADY_PURCHASED":
		a.Result, a.Ordinal = judge.AlreadyPurchased, p.Purchase.Ordinal
	case "SALE_NOT_ACTIVE":
		a.Result, a.Upcoming = judge.NotActive, p.Sale.Phase == judge.Upcoming
	case "SALE_NOT_FOUND":
		a.Result = judge.NotFound
	case "BUSY":
		a.Result = judge.Busy
	case "OUTCOME_UNKNOWN":
		a.Result = judge.OutcomeUnknown
	default:
		a.Result, a.Err = judge.Garbled, refusal(e, nil)
	}
	a.Retry = max(a.Retry, time.Duration(p.RetryAfterMs)*time.Millisecond)
}
