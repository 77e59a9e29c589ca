package model

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the most characters in an id, a key, a shopper's name or a stock keeping unit.
const MaxName = 64

// TextForm says in a refusal what ValidText asks for.
const TextForm = "of text, with no white space at its ends and no control characters"

// ValidText says whether s is readable text of min to max characters: valid UTF-8 without control characters (NUL
// among them), without the replacement character (what a lone surrogate becomes in JSON), and without white space
// at its ends.
func ValidText(s string, minimum, maximum int) bool {
	if !utf8.ValidString(s) || s != strings.TrimSpace(s) {
		return false
	}
	if n := utf8.RuneCountInString(s); n < minimum || n > maximum {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

// ValidKey says whether s can be an idempotency key: 1 to 64 characters.
func ValidKey(s string) bool { return ValidText(s, 1, MaxName) }

// ValidShopperID says whether s can name a shopper: 1 to 64 characters.
func ValidShopperID(s string) bool { return ValidText(s, 1, MaxName) }

// ValidShopperPrefix says whether shoppers' ids can begin with s: a space at its end has more behind it there.
func ValidShopperPrefix(s string) bool { return ValidText(s+".", 2, MaxName+1) }
