package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// countQuery counts what Stampede keeps; other servers have tables of their own.
const countQuery = "SELECT count(*), count(DISTINCT shopper_id) FROM purchases WHERE sale_id = $1"

// countPurchases asks the database itself, past all servers.
func countPurchases(ctx context.Context, url, query, sale string) (*[2]int, error) {
	number, err := strconv.ParseInt(sale[strings.LastIndexAny(sale, "_:")+1:], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("the sale's id %q does not end with its number in the database", sale)
	}
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, errors.New("the database cannot be reached") // pgx's own words would name the password's neighbours
	}
	defer db.Close(ctx) //nolint:errcheck // it was only read
	var counted [2]int
	if err := db.QueryRow(ctx, query, number).Scan(&counted[0], &counted[1]); err != nil {
		return nil, fmt.Errorf("count the purchases: %w", err)
	}
	return &counted, nil
}
