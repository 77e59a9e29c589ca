package transport

import (
	"bytes"
	"encoding/json"
	"sync"
)

// decoder decodes one text after the other: its buffers are most of the memory that decoding takes.
type decoder struct {
	*json.Decoder
	text bytes.Reader
}

var decoders = sync.Pool{New: func() any {
	d := new(decoder)
	d.Decoder = json.NewDecoder(&d.text)
	d.UseNumber() // resolvers want an Int as it is written, not a float64
	return d
}}

// decode decodes a text that is one JSON value, of an operation or of its parameters, and says whether it is.
func decode(text []byte, into any) bool {
	d := decoders.Get().(*decoder) //nolint:errcheck // it holds nothing else
	text = bytes.TrimRight(text, " \t\r\n")
	d.text.Reset(text)
	before := d.InputOffset()
	if d.Decode(into) != nil || d.InputOffset()-before != int64(len(text)) {
		return false // it has lost its place, and is of no more use
	}
	d.text.Reset(nil)
	decoders.Put(d)
	return true
}
