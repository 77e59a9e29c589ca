package graph

import (
	"stampede/model"
)

// This file dresses the house's values as the schema's types.

func dressSale(s model.State) *Sale {
	sale := &Sale{
		ID:         saleGID(s.ID),
		Product:    dressProduct(s.Product),
		Phase:      SalePhase(s.Phase()),
		Stock:      s.Stock,
		Sold:       s.Sold,
		Remaining:  s.Remaining(),
		Revision:   int(s.Revision()),
		StartsAt:   s.StartsAt,
		ServerTime: s.At,
	}
	if !s.EndsAt.IsZero() {
		sale.EndsAt = &s.EndsAt
	}
	return sale
}

func dressProduct(p model.Product) *Product {
	product := &Product{Sku: p.SKU, Name: p.Name, Description: optional(p.Description), ImageURL: optional(p.ImageURL)}
	if p.Price != nil {
		product.Price = &Money{Amount: p.Price.Amount, CurrencyCode: p.Price.CurrencyCode}
	}
	return product
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// dressPurchase takes the sale where the caller has it, so that a confirmed purchase never fails for want of it; nil
// leaves it to be looked up when it is asked for.
func dressPurchase(p model.Purchase, sale *Sale) *Purchase {
	return &Purchase{
		ID:          purchaseGID(p.SaleID, p.Ordinal),
		Sale:        sale,
		Ordinal:     p.Ordinal,
		PurchasedAt: p.PurchasedAt,
		ShopperID:   p.ShopperID,
	}
}

const soldOutMessage = "No unit is left. Watch stockChanged: the sale becomes active again when it is restocked."

// dressOutcome is the answer to an order that was judged.
func dressOutcome(o model.Outcome) PurchaseResult {
	switch o.Verdict {
	case model.VerdictSold, model.VerdictReplayed:
		return PurchaseSuccess{
			Purchase: dressPurchase(o.Purchase, dressSale(*o.Sale)),
			Replayed: o.Verdict == model.VerdictReplayed,
		}
	case model.VerdictAlreadyPurchased:
		return AlreadyPurchased{
			Code:     PurchaseErrorCodeAlreadyPurchased,
			Message:  "You have already bought one: a sale sells one unit per shopper.",
			Purchase: dressPurchase(o.Purchase, dressSale(*o.Sale)),
		}
	case model.VerdictSoldOut:
		return SoldOut{
			Code:    PurchaseErrorCodeSoldOut,
			Message: soldOutMessage,
			Sale:    dressSale(*o.Sale),
		}
	default:
		return notActive(*o.Sale)
	}
}

func notActive(s model.State) SaleNotActive {
	refusal := SaleNotActive{Code: PurchaseErrorCodeSaleNotActive, Sale: dressSale(s), Retryable: true}
	switch s.Phase() {
	case model.PhaseUpcoming:
		refusal.Message = "The sale has not opened yet: startsAt says when it does."
	case model.PhasePaused:
		refusal.Message = "The sale is paused for a moment."
	default:
		refusal.Message, refusal.Retryable = "The sale is over.", false
	}
	return refusal
}

// dressRefusal is the answer to an order that was not judged; nil for an error that is no refusal.
func dressRefusal(e *model.Error) PurchaseResult {
	switch e.Code {
	case model.CodeSaleNotFound:
		return SaleNotFound{Code: PurchaseErrorCodeSaleNotFound, Message: "There is no sale with this id."}
	case model.CodeBusy, model.CodeOutcomeUnknown:
		return TryAgain{
			Code:         PurchaseErrorCode(e.Code),
			Message:      e.Message,
			Retryable:    true,
			RetryAfterMs: int(e.RetryAfter.Milliseconds()),
		}
	default:
		return nil
	}
}

// dressProblems lists what was wrong with an operator's input.
func dressProblems(problems model.Problems) []*UserError {
	all := make([]*UserError, len(problems))
	for i, p := range problems {
		all[i] = &UserError{Field: p.Field, Code: UserErrorCode(p.Code), Message: p.Message}
	}
	return all
}
