package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"regexp"

	"golang.org/x/text/language"
)

// The places in the shopper's page that the server fills in, in the order in which they stand there.
var shopPlaces = []*regexp.Regexp{
	regexp.MustCompile(`<html lang="en">`),
	regexp.MustCompile(`<!--words-->`),
	bootElement,
	regexp.MustCompile(`<!--picture-->`),
	regexp.MustCompile(`<!--about-->`),
	regexp.MustCompile(`<!--unscripted-->`),
}

// shopPage is the shopper's page with the state of the sale in it: what is sold can be seen before any script runs,
// and the script has nothing to ask before it can show the rest.
type shopPage struct {
	fixed [][]byte // the parts around shopPlaces
	boot  Boot
	first *firstAnswer
	words map[string]string // language -> path of the file with its words, which runs ahead: see client/vite.config.ts
	// unscripted is what a page says while its script has not run, as HTML, by language.
	unscripted map[string]string
}

func newShopPage(client fs.FS, page []byte, boot Boot, graphql http.Handler) (*shopPage, error) {
	p := &shopPage{boot: boot, words: map[string]string{}}
	for _, place := range shopPlaces {
		at := place.FindIndex(page)
		if at == nil {
			return nil, fmt.Errorf("the built page has no place for %s", place)
		}
		p.fixed = append(p.fixed, page[:at[0]])
		page = page[at[1]:]
	}
	p.fixed = append(p.fixed, page)
	query, err := fs.ReadFile(client, "first.graphql")
	if err != nil {
		return nil, fmt.Errorf("the client's first question: %w", err)
	}
	if p.first, err = newFirstAnswer(graphql, string(query)); err != nil {
		return nil, err
	}
	for _, tag := range pageLanguages {
		found, err := fs.Glob(client, fmt.Sprintf("assets/words-shop-%s-*.js", tag))
		if err != nil || len(found) != 1 {
			return nil, fmt.Errorf("the page's words in %s: %v %w", tag, found, err)
		}
		p.words[tag.String()] = "/" + found[0]
	}
	if p.unscripted, err = unscripted(client); err != nil {
		return nil, err
	}
	return p, nil
}

const unscriptedElement = `<div class="unscripted" role="status"><noscript><p>%s</p></noscript>` +
	`<div class="late">%s<a href="">%s</a></div></div>`

// unscripted is what the page says in each language where there are no scripts, and where the page's own has not run:
// the sheet shows the latter after a while.
func unscripted(client fs.FS) (map[string]string, error) {
	raw, err := fs.ReadFile(client, "unscripted.json")
	if err != nil {
		return nil, fmt.Errorf("the words of a page without a script: %w", err)
	}
	var words map[string]struct{ Late, Again, Unscripted string }
	if err := json.Unmarshal(raw, &words); err != nil {
		return nil, fmt.Errorf("the words of a page without a script: %w", err)
	}
	said := map[string]string{}
	for language, w := range words {
		said[language] = fmt.Sprintf(unscriptedElement,
			html.EscapeString(w.Unscripted), html.EscapeString(w.Late), html.EscapeString(w.Again))
	}
	for _, tag := range pageLanguages {
		if said[tag.String()] == "" {
			return nil, fmt.Errorf("the page without a script says nothing in %s", tag)
		}
	}
	return said, nil
}

// shown is what of the first answer can be drawn without knowing a language.
type shown struct {
	SaleStatus *struct {
		Product struct {
			Name        string
			Description string
			ImageURL    string `json:"imageUrl"`
		}
	}
}

// render makes the page for a browser with this Accept-Language.
func (p *shopPage) render(acceptLanguage string) []byte {
	first := p.first.get()
	var state shown
	if first != nil && json.Unmarshal(first, &state) != nil {
		first = nil
	}
	boot, err := json.Marshal(bootData{p.boot, first})
	if err != nil { // `first` was JSON just now
		boot = []byte("{}")
	}
	picture, about := "", ""
	if state.SaleStatus != nil {
		product := state.SaleStatus.Product
		if product.ImageURL != "" {
			picture = `<img src="` + html.EscapeString(product.ImageURL) + `" alt="">`
		}
		about = `<h1><bdi>` + html.EscapeString(product.Name) + `</bdi></h1><p class="price"></p>`
		if product.Description != "" {
			about += `<p class="description"><bdi>` + html.EscapeString(product.Description) + `</bdi></p>`
		}
	}
	tag, direction := pageLanguage(acceptLanguage)
	filled := []string{
		`<html lang="` + tag + `" dir="` + direction + `">`,
		`<script type="module" async crossorigin src="` + p.words[tag] + `"></script>`,
		bootScript(boot),
		picture,
		about,
		p.unscripted[tag],
	}
	var page bytes.Buffer
	for i, part := range p.fixed {
		page.Write(part)
		if i < len(filled) {
			page.WriteString(filled[i])
		}
	}
	return page.Bytes()
}

// pageLanguages are those that the page speaks, as `client/src/shared/i18n/languages.ts` lists them. English first: it
// is the one for everybody else.
var pageLanguages = []language.Tag{
	language.English, language.German, language.French, language.Spanish, language.Japanese,
	language.SimplifiedChinese, language.Hindi, language.Arabic,
}

var pageLanguageMatcher = language.NewMatcher(pageLanguages)

// pageLanguage is the language for a browser with this Accept-Language, and its direction. The script decides by the
// same rules, and by what the shopper has chosen before.
func pageLanguage(acceptLanguage string) (tag, direction string) {
	if len(acceptLanguage) > 200 { // longer than any browser's; parsing costs
		acceptLanguage = ""
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		wanted = nil
	}
	for _, w := range wanted {
		if _, at, confidence := pageLanguageMatcher.Match(w); confidence >= language.High {
			tag = pageLanguages[at].String()
			break
		}
	}
	switch tag {
	case "":
		return "en", "ltr"
	case "ar":
		return tag, "rtl"
	}
	return tag, "ltr"
}
