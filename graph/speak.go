package graph

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"stampede/model"
)

// This file writes what a rush is made of, units sold and sales sold out, straight as JSON. gqlgen would resolve it
// field by field, each with a context, a middleware chain and allocations of its own: that was a third of what a
// success cost beyond the floor of HTTP and GraphQL (docs/adr/0007). gqlgen still parses and
// validates; and whatever needs a resolver of its own, or is asked for in a way that is not plain, it answers.

// spoken is a result of purchase that is already JSON: gqlgen takes a union's member that can write itself as it is.
type spoken []byte

// IsPurchaseResult makes it one.
func (spoken) IsPurchaseResult() {}

// MarshalGQL writes it.
func (s spoken) MarshalGQL(w io.Writer) { _, _ = w.Write(s) }

// speak is the answer to an order that was judged, for the field that is being resolved.
func speak(ctx context.Context, o *model.Outcome) PurchaseResult {
	if s, ok := speakShort(graphql.GetFieldContext(ctx).Field.Selections, o); ok {
		return s
	}
	return dressOutcome(*o)
}

// speakShort is the answer as JSON; false when it is of another kind, or wants more than plain fields.
func speakShort(selected ast.SelectionSet, o *model.Outcome) (spoken, bool) {
	s := speaker{outcome: o}
	s.out.Grow(usualAnswer)
	var plain bool
	switch o.Verdict {
	case model.VerdictSold, model.VerdictReplayed:
		plain = s.object(purchaseSuccessImplementors, selected, s.success)
	case model.VerdictSoldOut:
		plain = s.object(soldOutImplementors, selected, s.soldOut)
	default:
	}
	return s.out.Bytes(), plain
}

// usualAnswer is room for most of them, in bytes.
const usualAnswer = 256

// speaker writes one outcome. Its methods write the value of one field, and return false for one that they don't know.
type speaker struct {
	outcome *model.Outcome
	out     bytes.Buffer
	aliases []string // in the objects that are being written
	spread  []string // fragments
}

// object writes the selected fields of an object in their order. The first of implements is its type's name.
func (s *speaker) object(implements []string, selected ast.SelectionSet, field writeField) bool {
	before := len(s.aliases)
	s.out.WriteByte('{')
	plain := s.fields(implements, selected, field, before)
	s.out.WriteByte('}')
	s.aliases = s.aliases[:before]
	return plain
}

type writeField func(name string, selected ast.SelectionSet) bool

// fields writes those of a selection, and of the fragments in it, if they are plain: without a directive, and none of
// them twice, for fragments in fragments add up to any number of them. The object's own aliases begin at own.
func (s *speaker) fields(implements []string, selected ast.SelectionSet, field writeField, own int) bool {
	for _, selection := range selected {
		var plain bool
		switch selection := selection.(type) {
		case *ast.Field:
			plain = len(selection.Directives) == 0 && s.field(implements[0], selection, field, own)
		case *ast.InlineFragment:
			plain = len(selection.Directives) == 0 &&
				(!applies(selection.TypeCondition, implements) || s.fields(implements, selection.SelectionSet, field, own))
		case *ast.FragmentSpread:
			plain = len(selection.Directives) == 0 && selection.Definition != nil &&
				(!applies(selection.Definition.TypeCondition, implements) || s.once(selection.Name) &&
					s.fields(implements, selection.Definition.SelectionSet, field, own))
		}
		if !plain {
			return false
		}
	}
	return true
}

// once says whether a fragment is spread for the first time.
func (s *speaker) once(fragment string) bool {
	if slices.Contains(s.spread, fragment) {
		return false
	}
	s.spread = append(s.spread, fragment)
	return true
}

// applies says whether a fragment on a type is for an object that implements these.
func applies(condition string, implements []string) bool {
	return condition == "" || slices.Contains(implements, condition)
}

func (s *speaker) field(object string, f *ast.Field, field writeField, own int) bool {
	if slices.Contains(s.aliases[own:], f.Alias) {
		return false // whether their selections are to be merged, gqlgen knows
	}
	if len(s.aliases) > own {
		s.out.WriteByte(',')
	}
	s.aliases = append(s.aliases, f.Alias)
	s.word(f.Alias)
	s.out.WriteByte(':')
	if f.Name == "__typename" {
		return s.word(object)
	}
	return field(f.Name, f.SelectionSet)
}

func (s *speaker) success(name string, selected ast.SelectionSet) bool {
	switch name {
	case "purchase":
		return s.object(purchaseImplementors, selected, s.purchase)
	case "replayed":
		return s.bool(s.outcome.Verdict == model.VerdictReplayed)
	default:
		return false
	}
}

func (s *speaker) soldOut(name string, selected ast.SelectionSet) bool {
	switch name {
	case "code":
		return s.word(string(PurchaseErrorCodeSoldOut))
	case "message":
		return s.text(soldOutMessage)
	case "retryable":
		return s.bool(false)
	case "sale":
		return s.object(saleImplementors, selected, s.sale)
	default:
		return false
	}
}

func (s *speaker) purchase(name string, selected ast.SelectionSet) bool {
	p := &s.outcome.Purchase
	switch name {
	case "id":
		return s.word(purchaseGID(p.SaleID, p.Ordinal))
	case "ordinal":
		return s.int(int64(p.Ordinal))
	case "purchasedAt":
		MarshalDateTime(p.PurchasedAt).MarshalGQL(&s.out)
		return true
	case "shopperId":
		return s.text(p.ShopperID)
	case "sale":
		return s.object(saleImplementors, selected, s.sale)
	default:
		return false
	}
}

func (s *speaker) sale(name string, selected ast.SelectionSet) bool {
	sale := s.outcome.Sale
	switch name {
	case "id":
		return s.word(saleGID(sale.ID))
	case "product":
		return s.object(productImplementors, selected, s.product)
	case "phase":
		return s.word(string(sale.Phase()))
	case "stock":
		return s.int(int64(sale.Stock))
	case "sold":
		return s.int(int64(sale.Sold))
	case "remaining":
		return s.int(int64(sale.Remaining()))
	case "revision":
		return s.int(sale.Revision())
	case "startsAt":
		MarshalDateTime(sale.StartsAt).MarshalGQL(&s.out)
	case "endsAt":
		if sale.EndsAt.IsZero() {
			return s.null()
		}
		MarshalDateTime(sale.EndsAt).MarshalGQL(&s.out)
	case "serverTime":
		MarshalDateTime(sale.At).MarshalGQL(&s.out)
	default: // viewerPurchase, purchases: they ask the database
		return false
	}
	return true
}

func (s *speaker) product(name string, selected ast.SelectionSet) bool {
	product := &s.outcome.Sale.Product
	switch name {
	case "sku":
		return s.text(product.SKU)
	case "name":
		return s.text(product.Name)
	case "description":
		return s.optionalText(product.Description)
	case "imageUrl":
		return s.optionalText(product.ImageURL)
	case "price":
		if product.Price == nil {
			return s.null()
		}
		return s.object(moneyImplementors, selected, s.money)
	default:
		return false
	}
}

func (s *speaker) money(name string, _ ast.SelectionSet) bool {
	price := s.outcome.Sale.Product.Price
	switch name {
	case "amount":
		return s.text(price.Amount)
	case "currencyCode":
		return s.text(price.CurrencyCode)
	default:
		return false
	}
}

// word writes a string that needs no escapes: a name, an id, an enum's value.
func (s *speaker) word(w string) bool {
	s.out.WriteByte('"')
	s.out.WriteString(w)
	s.out.WriteByte('"')
	return true
}

func (s *speaker) text(t string) bool {
	graphql.MarshalString(t).MarshalGQL(&s.out)
	return true
}

func (s *speaker) optionalText(t string) bool {
	if t == "" {
		return s.null()
	}
	return s.text(t)
}

func (s *speaker) int(n int64) bool {
	s.out.Write(strconv.AppendInt(s.out.AvailableBuffer(), n, 10))
	return true
}

func (s *speaker) bool(b bool) bool {
	s.out.Write(strconv.AppendBool(s.out.AvailableBuffer(), b))
	return true
}

func (s *speaker) null() bool {
	s.out.WriteString("null")
	return true
}
