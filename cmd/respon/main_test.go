package main

import (
	"encoding/base64"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"respon/cmd/internal/config"
)

// TestMain lets scripts run this very binary as "respon".
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"respon": main, "measure": measure})
}

// TestScripts plays the scenes of testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"mode":  scriptMode,
			"loads": scriptLoads,
		},
	})
}

// scriptMode compares a file's permissions: mode -rw------- FILE.
func scriptMode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := info.Mode().String(); (got == args[0]) == neg {
		ts.Fatalf("mode of %s is %s", args[1], got)
	}
}

// scriptLoads reads a configuration: loads FILE.
func scriptLoads(ts *testscript.TestScript, neg bool, args []string) {
	c, err := config.Load(ts.MkAbs(args[0]), nil)
	if (err == nil) == neg {
		ts.Fatalf("load: %v", err)
	}
	if err == nil && len(c.Warnings) > 0 {
		ts.Fatalf("warnings: %v", c.Warnings)
	}
}

func TestNewSecret(t *testing.T) {
	a, b := newSecret(), newSecret()
	raw, err := base64.StdEncoding.DecodeString(a)
	if err != nil || len(raw) != 32 || a == b {
		t.Errorf("%q and %q, %v", a, b, err)
	}
}

func TestReadVersion(t *testing.T) {
	for name, tt := range map[string]struct {
		info *debug.BuildInfo
		want buildVersion
	}{
		"nothing noted": {nil, buildVersion{"unknown", "unknown", runtime.Version()}},
		"a release": {&debug.BuildInfo{
			Main:     debug.Module{Version: "v1.2.3"},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "false"}},
		}, buildVersion{"v1.2.3", "abc", runtime.Version()}},
		"work in progress": {&debug.BuildInfo{
			Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "abc"}},
		}, buildVersion{"unknown", "abc with changes", runtime.Version()}},
	} {
		if got := readVersion(tt.info, tt.info != nil); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}
