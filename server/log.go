package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

const formatJSON = "json" // of LOG_FORMAT

func (c Config) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil || strings.ContainsAny(c.LogLevel, "+-") {
		return nil, errors.New("LOG_LEVEL must be debug, info, warn or error")
	}
	options := &slog.HandlerOptions{Level: level}
	switch c.LogFormat {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case formatJSON:
		return slog.New(slog.NewJSONHandler(w, options)), nil
	default:
		return nil, errors.New("LOG_FORMAT must be text or json")
	}
}

// report says why a command failed. It reads LOG_FORMAT itself, for what is wrong may be any other setting: where that
// is json, a log shipper is told what it can parse, and else a person at a terminal one sentence.
func report(stderr io.Writer, err error) {
	if os.Getenv("LOG_FORMAT") == formatJSON {
		slog.New(slog.NewJSONHandler(stderr, nil)).Error("failed", "err", err)
		return
	}
	_, _ = fmt.Fprintln(stderr, "stampede:", err) // as above: there is nobody else to tell
}
