package graph

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	"stampede/model"
)

// Global ids are opaque to clients. Inside they read sale_7 and purchase_7_42, so that a log speaks for itself.

func saleGID(id model.SaleID) string { return "sale_" + strconv.FormatInt(int64(id), 10) }

func purchaseGID(id model.SaleID, ordinal int) string {
	gid := strconv.AppendInt([]byte("purchase_"), int64(id), 10)
	return string(strconv.AppendInt(append(gid, '_'), int64(ordinal), 10))
}

// parseSaleGID reads a sale's global id; 0 for a well-formed id that names no sale. An id that no server could have
// given out (empty, over 64 characters, control characters) is BAD_USER_INPUT.
func parseSaleGID(ctx context.Context, gid string) (model.SaleID, error) {
	if err := checkGID(ctx, gid); err != nil {
		return 0, err
	}
	digits, ok := strings.CutPrefix(gid, "sale_")
	if !ok {
		return 0, nil
	}
	return model.SaleID(number(digits)), nil
}

// parsePurchaseGID reads a purchase's global id; zeroes for one that names none.
func parsePurchaseGID(gid string) (model.SaleID, int) {
	rest, ok := strings.CutPrefix(gid, "purchase_")
	sale, ordinal, both := strings.Cut(rest, "_")
	if !ok || !both {
		return 0, 0
	}
	return model.SaleID(number(sale)), int(number(ordinal))
}

func checkGID(ctx context.Context, gid string) error {
	if !model.ValidText(gid, 1, model.MaxName) {
		return refuse(ctx, codeBadUserInput, "An id is 1 to 64 characters, as this server gave it out.")
	}
	return nil
}

// number reads a positive decimal in its one canonical form; 0 for anything else.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != s {
		return 0
	}
	return n
}

// Cursors are opaque too: they hold the key after which the next page starts.

func cursorOf(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// parseCursor is the key of a cursor; empty for none.
func parseCursor(ctx context.Context, after *string) (string, error) {
	if after == nil {
		return "", nil
	}
	key, err := base64.RawURLEncoding.DecodeString(*after)
	if err != nil || len(key) == 0 || len(key) > model.MaxName {
		return "", badCursor(ctx)
	}
	return string(key), nil
}

// parseNumberCursor is the number in a cursor; 0 for none.
func parseNumberCursor(ctx context.Context, after *string) (int64, error) {
	key, err := parseCursor(ctx, after)
	if err != nil || key == "" {
		return 0, err
	}
	n := number(key)
	if n == 0 {
		return 0, badCursor(ctx)
	}
	return n, nil
}

func badCursor(ctx context.Context) error {
	return refuse(ctx, codeBadUserInput, "A cursor is what an earlier page gave as endCursor.")
}

// PurchaseID is a purchase's global id.
func PurchaseID(p model.Purchase) string { return purchaseGID(p.SaleID, p.Ordinal) }
