package web

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"stampede/graph"
	"stampede/graph/transport"
	"stampede/model"
)

const (
	// exportPage is how many purchases are read at a time, and all that an export holds in memory.
	exportPage = 5000
	// exportPatience is how long a client may take to receive one page.
	exportPatience = 30 * time.Second
	// maxExports is how many may be under way at a time; more are told to come again.
	maxExports = 2
)

// Purchases is what an export reads. Errors with a code are the caller's to know.
type Purchases interface {
	// PurchasesAfter lists up to limit purchases of a sale with ordinals above after, ascending.
	PurchasesAfter(ctx context.Context, id model.SaleID, after, limit int) ([]model.Purchase, error)
}

// export streams a sale's purchases as CSV (RFC 4180), in the order in which they were made: all that there were when
// it came to the end. A file that was cut off on the way is no whole HTTP answer.
type export struct {
	purchases Purchases
	feed      graph.Feed
	log       *slog.Logger
	running   chan struct{} // holds one for each that is under way
}

func newExport(e Edge) export {
	return export{purchases: e.Purchases, feed: e.Feed, log: e.Log, running: make(chan struct{}, maxExports)}
}

func (e export) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	viewer := graph.ViewerFrom(r.Context())
	id, known := graph.ParseSaleID(r.PathValue("id"))
	switch {
	case viewer == nil:
		w.Header().Set("WWW-Authenticate", "Bearer")
		transport.Refuse(w, http.StatusUnauthorized, "UNAUTHENTICATED", "Sign in first: this needs an access token.")
		return
	case !viewer.Has(graph.ScopeOperator):
		transport.Refuse(w, http.StatusForbidden, "FORBIDDEN", "The access token does not carry the scope that this needs.")
		return
	}
	var err error
	if known {
		_, known, err = e.feed.Latest(id)
	}
	switch {
	case err != nil:
		e.refuse(w, r, err)
		return
	case !known:
		transport.Refuse(w, http.StatusNotFound, string(model.CodeSaleNotFound), "There is no sale with this id.")
		return
	}
	select {
	case e.running <- struct{}{}:
		defer func() { <-e.running }()
	default:
		e.comeAgain(w)
		return
	}
	first, err := e.purchases.PurchasesAfter(r.Context(), id, 0, exportPage)
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=\"sale_%d_purchases.csv\"", id))
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	if err := e.stream(w, r, id, first); err != nil {
		e.log.WarnContext(r.Context(), "an export broke off", "err", err, "request", requestIDOf(w))
		panic(http.ErrAbortHandler) // what was sent looks whole otherwise
	}
}

// refuse answers by the error's code: what has none is a mistake of ours.
func (e export) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e.log.WarnContext(r.Context(), "an export failed", "err", err, "request", requestIDOf(w))
	switch model.CodeOf(err) {
	case model.CodeUnavailable, model.CodeBusy:
		e.comeAgain(w)
	default:
		transport.Refuse(w, http.StatusInternalServerError, "INTERNAL", "Something went wrong on our side.")
	}
}

func (e export) comeAgain(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	transport.Refuse(w, http.StatusServiceUnavailable, string(model.CodeUnavailable),
		"The purchases can't be read just now: ask again in a moment.")
}

// stream writes pages until there are no more.
func (e export) stream(w http.ResponseWriter, r *http.Request, id model.SaleID, page []model.Purchase) error {
	out, control := csv.NewWriter(w), http.NewResponseController(w)
	out.UseCRLF = true
	_ = out.Write([]string{"ordinal", "shopper_id", "purchased_at", "purchase_id"}) // Flush tells
	for {
		if err := control.SetWriteDeadline(time.Now().Add(exportPatience)); err != nil &&
			!errors.Is(err, http.ErrNotSupported) {
			return err
		}
		for _, p := range page {
			_ = out.Write([]string{
				strconv.Itoa(p.Ordinal), harmless(p.ShopperID), p.PurchasedAt.UTC().Format("2006-01-02T15:04:05.000000Z"),
				graph.PurchaseID(p),
			})
		}
		out.Flush()
		if err := out.Error(); err != nil || len(page) < exportPage {
			return err
		}
		var err error
		page, err = e.purchases.PurchasesAfter(r.Context(), id, page[len(page)-1].Ordinal, exportPage)
		if err != nil {
			return err
		}
	}
}

// harmless keeps a spreadsheet from taking a shopper's id for a formula: an apostrophe before it says that it is text.
func harmless(cell string) string {
	if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r'") {
		return "'" + cell
	}
	return cell
}
