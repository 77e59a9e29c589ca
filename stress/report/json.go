package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// WriteJSON writes it for machines, and for compare.
func (r *Result) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// Read reads what WriteJSON wrote.
func Read(file string) (*Result, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	var r Result
	if err := json.NewDecoder(f).Decode(&r); err != nil {
		return nil, fmt.Errorf("%s was not written by stress run -json: %w", file, err)
	}
	if r.Scenario == "" || len(r.Promises) == 0 && !r.Unread {
		return nil, fmt.Errorf("%s was not written by stress run -json", file)
	}
	return &r, nil
}
