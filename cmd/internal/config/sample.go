package config

import (
	_ "embed" // the sample
	"strings"
)

//go:embed sample.toml
var sample string

// Sample is a complete configuration with comments, around a secret in base64.
func Sample(secret string) []byte {
	return []byte(strings.Replace(sample, "@SECRET@", secret, 1))
}
