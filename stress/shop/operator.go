package shop

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"stampede/stress/judge"
)

// problem is an entry of a GraphQL answer's errors.
type problem struct {
	Message    string `json:"message"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// refusal says what a server answered instead of what was asked for.
func refusal(e *Exchange, problems []problem) error {
	if len(problems) > 0 {
		return fmt.Errorf("the server answers %d %s: %s", e.Status, problems[0].Extensions.Code, problems[0].Message)
	}
	words := strings.TrimSpace(string(e.Body))
	return fmt.Errorf("the server answers %d: %.200s", e.Status, cmp.Or(words, http.StatusText(e.Status)))
}

// ask sends an operation and reads the field of the data that is called out.
func (c *Conn) ask(ctx context.Context, token, query string, variables map[string]any, out any) (Exchange, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return Exchange{}, err
	}
	e := c.doWithRetry(ctx, token, body)
	if e.Err != nil {
		return e, fmt.Errorf("%s does not answer: %w", c.Target.URL, e.Err)
	}
	var got struct {
		Data struct {
			Out json.RawMessage `json:"out"`
		} `json:"data"`
		Errors []problem `json:"errors"`
	}
	if err := json.Unmarshal(e.Body, &got); err != nil || len(got.Errors) > 0 {
		return e, refusal(&e, got.Errors)
	}
	if err := json.Unmarshal(got.Data.Out, out); err != nil {
		return e, refusal(&e, nil)
	}
	return e, nil
}

// Sale is a sale as a server tells it.
type Sale struct {
	judge.State
	ID         string    `json:"id"`
	StartsAt   time.Time `json:"startsAt"`
	EndsAt     time.Time `json:"endsAt"`
	ServerTime time.Time `json:"serverTime"`
}

const saleFields = `{id phase stock sold remaining revision startsAt endsAt serverTime}`

// ErrNoSale says that there is no such sale, or with an empty id none at all.
var ErrNoSale = errors.New("the server knows no such sale")

// Status asks how a sale stands; with an empty id, the current one.
func (c *Conn) Status(ctx context.Context, token, id string) (Sale, Exchange, error) {
	var sale *Sale
	e, err := c.ask(ctx, token, `query($id:ID){out:saleStatus(saleId:$id)`+saleFields+`}`, maybe(id), &sale)
	if err == nil && sale == nil {
		err = ErrNoSale
	}
	if err != nil {
		return Sale{}, e, err
	}
	return *sale, e, nil
}

func maybe(id string) map[string]any {
	if id == "" {
		return nil
	}
	return map[string]any{"id": id}
}

// Plan is a sale to be scheduled.
type Plan struct {
	SKU, Name        string
	Stock            int
	StartsAt, EndsAt time.Time // EndsAt zero: no end
}

// Schedule makes a sale.
func (c *Conn) Schedule(ctx context.Context, token string, p Plan) (Sale, error) {
	input := map[string]any{
		"product": map[string]any{"sku": p.SKU, "name": p.Name},
		"stock":   p.Stock, "startsAt": p.StartsAt.UTC().Format(time.RFC3339Nano),
	}
	if !p.EndsAt.IsZero() {
		input["endsAt"] = p.EndsAt.UTC().Format(time.RFC3339Nano)
	}
	sale, _, err := c.change(ctx, token, "scheduleSale", "ScheduleSaleInput", input)
	return sale, err
}

// Change changes a sale, and says when that was asked for and when it was answered.
func (c *Conn) Change(ctx context.Context, token, id string, kind judge.Kind, add int) (Exchange, error) {
	input := map[string]any{"saleId": id}
	name := string(kind)
	typ := "SaleInput"
	if kind == judge.Restock {
		input["add"], typ = add, "RestockSaleInput"
	}
	_, e, err := c.change(ctx, token, name+"Sale", typ, input)
	return e, err
}

func (c *Conn) change(ctx context.Context, token, field, typ string, input map[string]any) (Sale, Exchange, error) {
	var got struct {
		Sale       *Sale `json:"sale"`
		UserErrors []struct {
			Message string   `json:"message"`
			Field   []string `json:"field"`
		} `json:"userErrors"`
	}
	query := fmt.Sprintf(`mutation($input:%s!){out:%s(input:$input){sale%s userErrors{field message}}}`,
		typ, field, saleFields)
	e, err := c.ask(ctx, token, query, map[string]any{"input": input}, &got)
	switch {
	case err != nil:
		return Sale{}, e, fmt.Errorf("%s: %w", field, err)
	case len(got.UserErrors) > 0:
		wrong := got.UserErrors[0]
		return Sale{}, e, fmt.Errorf("%s: %s %s", field, strings.Join(wrong.Field, "."), wrong.Message)
	case got.Sale == nil:
		return Sale{}, e, fmt.Errorf("%s: no sale came back", field)
	}
	return *got.Sale, e, nil
}

// Purchase is an entry of a sale's list.
type Purchase struct {
	Ordinal     int       `json:"ordinal"`
	ShopperID   string    `json:"shopperId"`
	PurchasedAt time.Time `json:"purchasedAt"`
}

const listQuery = `query($id:ID!,$after:String){out:saleStatus(saleId:$id){purchases(first:1000,after:$after){` +
	`totalCount nodes{ordinal shopperId purchasedAt} pageInfo{hasNextPage endCursor}}}}`

// List reads all purchases of a sale, page by page, and how many the server says there are. A list that goes on for
// ever, in a circle or beyond most purchases, is an error.
func (c *Conn) List(ctx context.Context, token, id string, most int) (all []Purchase, total int, err error) {
	variables, seen := map[string]any{"id": id}, map[string]bool{}
	for {
		var page struct {
			Purchases struct {
				TotalCount int        `json:"totalCount"`
				Nodes      []Purchase `json:"nodes"`
				PageInfo   struct {
					HasNextPage bool   `json:"hasNextPage"`
					EndCursor   string `json:"endCursor"`
				} `json:"pageInfo"`
			} `json:"purchases"`
		}
		_, err := c.ask(ctx, token, listQuery, variables, &page)
		if err != nil {
			return nil, 0, fmt.Errorf("read the list of purchases: %w", err)
		}
		all = append(all, page.Purchases.Nodes...)
		if !page.Purchases.PageInfo.HasNextPage || len(page.Purchases.Nodes) == 0 {
			return all, page.Purchases.TotalCount, nil
		}
		cursor := page.Purchases.PageInfo.EndCursor
		switch {
		case seen[cursor]:
			return nil, 0, fmt.Errorf("the list of purchases goes in a circle: the cursor %.50q came twice", cursor)
		case len(all) > most:
			return nil, 0, fmt.Errorf("the list of purchases does not end: it has more than %d", most)
		}
		seen[cursor], variables["after"] = true, cursor
	}
}

// SignIn asks for a demo shopper's token.
func (c *Conn) SignIn(ctx context.Context, name string) (token, shopper string, err error) {
	var got struct {
		Token  string `json:"token"`
		Viewer struct {
			ID string `json:"id"`
		} `json:"viewer"`
	}
	_, err = c.ask(ctx, "", `mutation($name:String!){out:signIn(name:$name){token viewer{id}}}`,
		map[string]any{"name": name}, &got)
	if err != nil {
		return "", "", fmt.Errorf("demo sign-in: %w", err)
	}
	return got.Token, got.Viewer.ID, nil
}
