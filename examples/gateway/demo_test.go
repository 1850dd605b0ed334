package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// Issue 5: without arguments a demonstration, under 30 s, exit 0.
func TestDemo(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := start(context.Background(), nil, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
		t.Fatalf("status %d\n%s%s", status, stdout.String(), stderr.String())
	}
	if !strings.Contains(stdout.String(), "(Боб) Да, конечно 🍵") {
		t.Error(stdout.String())
	}
}
