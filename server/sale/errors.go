package sale

import (
	"errors"
	"time"

	"stampede/model"
	"stampede/server/pg"
)

// words are what callers hear of a transaction that failed: purchases and changes differ in what they may do next.
type words struct {
	unwritten string                  // nothing was written
	unknown   func(cause error) error // it may have been written all the same
}

var (
	ofOrders  = words{"The server could not write just now: nothing was bought. Ask again.", outcomeUnknown}
	ofChanges = words{"The server could not write just now: nothing was changed. Ask again.", changeUnknown}
	ofPlans   = words{"The server could not write just now: nothing was scheduled. Ask again.", scheduledUnknown}
)

// explain turns the store's error into the one that callers see, in words of theirs.
func (b *Batcher) explain(err error, id model.SaleID, orders int, say words) error {
	_, wrongInput := errors.AsType[model.Problems](err)
	switch {
	case wrongInput || model.CodeOf(err) != "":
		return err
	case pg.IsDataError(err):
		b.log.Error("the database refused an order's data", "sale", id, "err", err)
		return err
	case errors.Is(err, pg.ErrOutcomeUnknown):
		b.log.Error("a commit's outcome is unknown", "sale", id, "orders", orders, "err", err)
		return say.unknown(err)
	default:
		b.log.Error("a batch could not be committed", "sale", id, "orders", orders, "err", err)
		return busy(say.unwritten, err)
	}
}

// explainChange is explain for an operator, who is told of a sale that does not exist as of any wrong input.
func (b *Batcher) explainChange(err error, id model.SaleID) error {
	if model.CodeOf(err) == model.CodeSaleNotFound {
		return noSaleToChange()
	}
	return b.explain(err, id, 1, ofChanges)
}

func saleNotFound() error {
	return &model.Error{Code: model.CodeSaleNotFound, Message: "There is no sale with this id."}
}

func noSaleToChange() error {
	return model.Problems{{
		Code: model.CodeNotFound, Field: []string{"saleId"}, Message: "There is no sale with this id.",
	}}
}

func busy(message string, cause error) error {
	return &model.Error{Code: model.CodeBusy, Message: message, RetryAfter: time.Second, Err: cause}
}

func outcomeUnknown(cause error) error {
	return &model.Error{
		Code:       model.CodeOutcomeUnknown,
		Message:    "Whether it was bought is not known yet: ask again with the same key.",
		RetryAfter: 500 * time.Millisecond,
		Err:        cause,
	}
}

// changeUnknown sends to where the answer is: a change has no key, and asked for twice it may be made twice.
func changeUnknown(cause error) error {
	return &model.Error{
		Code:       model.CodeOutcomeUnknown,
		Message:    "Whether the change was made is not known: look at the sale's changes before you ask again.",
		RetryAfter: time.Second,
		Err:        cause,
	}
}

func scheduledUnknown(cause error) error {
	return &model.Error{
		Code:       model.CodeOutcomeUnknown,
		Message:    "Whether it was scheduled is not known: look whether the sale is there before you ask again.",
		RetryAfter: time.Second,
		Err:        cause,
	}
}
