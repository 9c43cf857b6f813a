package ingest

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkParse reads the mails of testdata one after the other.
func BenchmarkParse(b *testing.B) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		b.Fatalf("%d mails, %v", len(files), err)
	}
	var mails [][]byte
	size := 0
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		mails, size = append(mails, raw), size+len(raw)
	}
	p := NewParser(Options{})
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, raw := range mails {
			if _, err := p.Parse(raw); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(mails)*b.N)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkAttachment reads a mail with an attachment of 10 MB.
func BenchmarkAttachment(b *testing.B) {
	row := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 57))) + "\r\n"
	raw := []byte(headerOfAll + "Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat(row, 10<<20/57))
	p := NewParser(Options{})
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := p.Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}
