package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// The attack speaks websocket by hand (RFC 6455), for its own work is done by the processors that are measured: what it
// says is encoded once, and sent by one write.

const (
	frameText  = 0x81 // the whole message in one frame
	frameClose = 0x88
	masked     = 0x80
	longFrame  = 126 // the length follows, in two bytes
)

// frames are text messages of a client, masked with zeros.
func frames(texts []string) []byte {
	var all []byte
	for _, text := range texts {
		if len(text) < longFrame {
			all = append(all, frameText, masked|byte(len(text))) //nolint:gosec // it is below 126
		} else {
			all = append(all, frameText, masked|longFrame)
			all = binary.BigEndian.AppendUint16(all, uint16(len(text))) //nolint:gosec // about the 8 KB that are allowed
		}
		all = append(append(all, 0, 0, 0, 0), text...)
	}
	return all
}

// handshake asks for a websocket.
func handshake(addr, headers string) []byte {
	return []byte("GET /graphql HTTP/1.1\r\nHost: " + addr + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + headers + "\r\n")
}

const ourProtocol = "Sec-WebSocket-Protocol: graphql-transport-ws\r\n"

// visit opens a websocket, says what it has to say, and waits for the answer.
func (a *attack) visit(ctx context.Context, in input) error {
	e, err := connect(ctx, a.s.addr)
	if err != nil {
		return err
	}
	defer e.end()
	status, body, err := e.ask(a.hello)
	if err != nil || status != http.StatusSwitchingProtocols {
		return errors.Join(fmt.Errorf("no websocket: %d %s", status, body), err)
	}
	if err := e.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	_, _ = e.conn.Write(in.raw) // it may have been closed already: how, is read below
	for {
		kind, payload, err := e.frame()
		switch {
		case err != nil:
			return err
		case kind == frameClose && len(payload) >= 2:
			if code := int(binary.BigEndian.Uint16(payload)); code != in.close {
				return fmt.Errorf("closed with %d %s", code, payload[2:])
			}
			return nil
		case in.close == 0 && bytes.Contains(payload, []byte(in.answer)):
			return nil
		}
	}
}

// frame reads one of the server's frames, which are not masked.
func (e *exchange) frame() (kind byte, payload []byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(e.reader, head[:2]); err != nil {
		return 0, nil, err
	}
	length := int(head[1])
	if length == longFrame {
		if _, err := io.ReadFull(e.reader, head[2:]); err != nil {
			return 0, nil, err
		}
		length = int(binary.BigEndian.Uint16(head[2:]))
	}
	e.body = slices.Grow(e.body[:0], length)[:length]
	_, err = io.ReadFull(e.reader, e.body)
	return head[0], e.body, err
}
