package model

import (
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Plan is a sale that an operator wishes to schedule. EndsAt is zero for a sale without an end.
type Plan struct {
	Product  Product
	Stock    int
	StartsAt time.Time
	EndsAt   time.Time
}

// Change is an operator's change of a sale at now: the sale afterwards, or Problems. It is one of the methods below,
// perhaps with its arguments bound.
type Change func(sale Sale, now time.Time) (Sale, error)

var (
	decimalForm  = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)

	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// Schedule makes a sale of a plan, or says all that is wrong with it (Problems, fields named as in the API). A
// start in the past means: opens at once.
func Schedule(plan Plan, now time.Time) (Sale, error) {
	startsAt, endsAt := instant(plan.StartsAt), instant(plan.EndsAt)
	wrong := checkProduct(plan.Product)
	if plan.Stock < 1 || plan.Stock > MaxStock {
		wrong = append(wrong, invalid("Stock must be 1 to 100000000 units.", "stock"))
	}
	wrong = append(wrong, checkWindow(startsAt, endsAt, now)...)
	if len(wrong) > 0 {
		return Sale{}, wrong
	}
	return Sale{Product: plan.Product, Stock: plan.Stock, Version: 1, StartsAt: startsAt, EndsAt: endsAt}, nil
}

// Reschedule moves the window of a sale that is not over. A sale that has opened keeps its start.
func (s Sale) Reschedule(startsAt, endsAt, now time.Time) (Sale, error) {
	if s.overAt(now) {
		return s, over()
	}
	startsAt, endsAt = instant(startsAt), instant(endsAt)
	if !now.Before(s.StartsAt) {
		if !startsAt.Equal(instant(s.StartsAt)) {
			return s, conflict("The sale has opened: its start can't be moved. Pause it instead.", "startsAt")
		}
		startsAt = s.StartsAt // of a sale that SQL made, the API can't say it in full
	}
	if wrong := checkWindow(startsAt, endsAt, now); len(wrong) > 0 {
		return s, wrong
	}
	s.StartsAt, s.EndsAt = startsAt, endsAt
	s.Version++
	return s, nil
}

// Pause stops a sale for a while. Pausing a paused sale changes nothing.
func (s Sale) Pause(now time.Time) (Sale, error) {
	if s.overAt(now) {
		return s, over()
	}
	if s.PausedAt.IsZero() {
		s.PausedAt = now
		s.Version++
	}
	return s, nil
}

// Resume lets a paused sale go on. Resuming a sale that is not paused changes nothing.
func (s Sale) Resume(now time.Time) (Sale, error) {
	if s.overAt(now) {
		return s, over()
	}
	if !s.PausedAt.IsZero() {
		s.PausedAt = time.Time{}
		s.Version++
	}
	return s, nil
}

// End ends a sale for good. Ending a sale that is over changes nothing.
func (s Sale) End(now time.Time) (Sale, error) {
	if !s.overAt(now) {
		s.EndedAt = now
		s.Version++
	}
	return s, nil
}

// Restock adds units to a sale that is not over.
func (s Sale) Restock(add int, now time.Time) (Sale, error) {
	if s.overAt(now) {
		return s, over()
	}
	if add < 1 || add > MaxStock-s.Stock {
		return s, Problems{invalid("Add 1 or more units, and no more than 100000000 in all.", "add")}
	}
	s.Stock += add
	s.Version++
	return s, nil
}

func checkProduct(p Product) Problems {
	var wrong Problems
	if !ValidText(p.SKU, 1, MaxName) {
		wrong = append(wrong, invalid("A stock keeping unit is 1 to 64 characters "+TextForm+".", "product", "sku"))
	}
	if !ValidText(p.Name, 1, 200) {
		wrong = append(wrong, invalid("A name is 1 to 200 characters "+TextForm+".", "product", "name"))
	}
	if !ValidText(strings.NewReplacer("\r\n", " ", "\n", " ").Replace(p.Description), 0, 2000) {
		wrong = append(wrong, invalid("A description is at most 2000 characters "+TextForm+" but line breaks.",
			"product", "description"))
	}
	if p.ImageURL != "" && !validImageURL(p.ImageURL) {
		wrong = append(wrong, invalid("An image's address is https, or a path of this server, in at most 2000 characters.",
			"product", "imageUrl"))
	}
	if p.Price != nil {
		if !decimalForm.MatchString(p.Price.Amount) {
			wrong = append(wrong, invalid("An amount is a decimal with up to 12 digits before the point and 4 after it.",
				"product", "price", "amount"))
		}
		if !currencyForm.MatchString(p.Price.CurrencyCode) {
			wrong = append(wrong, invalid("A currency is named by the three letters of ISO 4217.",
				"product", "price", "currencyCode"))
		}
	}
	return wrong
}

func validImageURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !ValidText(s, 1, 2000) {
		return false
	}
	return u.Scheme == "https" && u.Host != "" || u.Scheme == "" && u.Host == "" && strings.HasPrefix(s, "/")
}

func checkWindow(startsAt, endsAt, now time.Time) Problems {
	var wrong Problems
	if startsAt.Before(earliest) || startsAt.After(latest) {
		wrong = append(wrong, invalid("A start lies between the years 2000 and 9999.", "startsAt"))
	}
	switch {
	case endsAt.IsZero():
	case endsAt.Before(earliest) || endsAt.After(latest):
		wrong = append(wrong, invalid("An end lies between the years 2000 and 9999.", "endsAt"))
	case !endsAt.After(startsAt):
		wrong = append(wrong, invalid("The end must come after the start.", "endsAt"))
	case !endsAt.After(now):
		wrong = append(wrong, invalid("The end must lie in the future.", "endsAt"))
	}
	return wrong
}

// instant is t as the API can say it: UTC, whole milliseconds.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}

func invalid(message string, field ...string) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: message}
}

func conflict(message string, field ...string) Problems {
	return Problems{{Code: CodeConflict, Field: field, Message: message}}
}

func over() Problems { return conflict("The sale is over.", "saleId") }
