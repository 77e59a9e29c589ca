package transport

import (
	"strconv"
	"strings"
)

// media is what an answer is written as: the two differ in the status of an operation that was not executed.
type media int

const (
	mediaNone     media = iota
	mediaJSON           // application/json: 200, whatever the errors
	mediaResponse       // application/graphql-response+json: 400 without data
)

var contentTypes = map[media][]string{ // the values are shared: nobody changes them
	mediaJSON:     {"application/json"},
	mediaResponse: {"application/graphql-response+json"},
}

// negotiate picks what a client accepts best; mediaNone when that is neither. Of equals the first wins, and
// application/json where a client does not say.
func negotiate(accept []string) media {
	if len(accept) == 0 || len(accept) == 1 && (accept[0] == "application/json" || accept[0] == "*/*" || accept[0] == "") {
		return mediaJSON
	}
	best, bestQuality := mediaNone, 0.0
	for _, header := range accept {
		for entry := range strings.SplitSeq(header, ",") {
			offered, quality := readEntry(entry)
			if quality > bestQuality {
				best, bestQuality = offered, quality
			}
		}
	}
	return best
}

// readEntry is one entry of an Accept header: what of ours it names, and how much it is liked.
func readEntry(entry string) (media, float64) {
	name, parameters, _ := strings.Cut(entry, ";")
	var offered media
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "application/json", "application/*", "*/*":
		offered = mediaJSON
	case "application/graphql-response+json":
		offered = mediaResponse
	default:
		return mediaNone, 0
	}
	quality := 1.0
	for parameter := range strings.SplitSeq(parameters, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		switch strings.ToLower(key) {
		case "q":
			var err error
			if quality, err = strconv.ParseFloat(value, 64); err != nil || quality > 1 {
				return mediaNone, 0
			}
		case "charset":
			if !strings.EqualFold(strings.Trim(value, `"`), "utf-8") {
				return mediaNone, 0
			}
		}
	}
	return offered, quality
}

// isJSON says whether a request's body is JSON by its Content-Type.
func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	name, parameters, _ := strings.Cut(contentType, ";")
	if !strings.EqualFold(strings.TrimSpace(name), "application/json") {
		return false
	}
	key, value, _ := strings.Cut(strings.TrimSpace(parameters), "=")
	return !strings.EqualFold(key, "charset") || strings.EqualFold(strings.Trim(value, `"`), "utf-8")
}
