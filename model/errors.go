package model

import (
	"errors"
	"strings"
	"time"
)

// Code says in one word why something was not done. Codes cross every room of the house; only graph and web
// translate them into answers.
type Code string

// Why something was not done. The first four speak of a purchase or a change, the next four of an operator's input.
const (
	CodeSaleNotFound   Code = "SALE_NOT_FOUND"
	CodeBusy           Code = "BUSY"            // nothing was bought or changed; try again after RetryAfter
	CodeOutcomeUnknown Code = "OUTCOME_UNKNOWN" // it may have been: the same key tells, or the list of changes
	CodeUnavailable    Code = "UNAVAILABLE"     // what is known is too old to be shown

	CodeInvalid       Code = "INVALID"
	CodeNotFound      Code = "NOT_FOUND"
	CodeConflict      Code = "CONFLICT"
	CodeStaleRevision Code = "STALE_REVISION"
)

// Error is the one error type of the house. Message is an English sentence for the people who integrate; it never
// repeats what was sent. Err is the cause, for the log only.
type Error struct {
	Code       Code
	Field      []string // path into the input, nil when no one field is to blame
	Message    string
	RetryAfter time.Duration // how long to wait, for BUSY and OUTCOME_UNKNOWN
	Err        error
}

// Error is the message, and the cause behind it.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Problems are all that was wrong with one input, in the order of its fields.
type Problems []*Error

// Error joins the messages.
func (p Problems) Error() string {
	all := make([]string, len(p))
	for i, problem := range p {
		all[i] = problem.Message
	}
	return strings.Join(all, "; ")
}

// CodeOf is the code of the first Error in err's chain, empty when there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
