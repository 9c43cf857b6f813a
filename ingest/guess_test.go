package ingest

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	uni "golang.org/x/text/encoding/unicode"
)

func encoded(t *testing.T, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Programs that name the wrong charset.
func TestCharsetsThatAreNot(t *testing.T) {
	const spanish = "Mañana lunes vendrá el señor Núñez"
	le, be := uni.UTF16(uni.LittleEndian, uni.IgnoreBOM), uni.UTF16(uni.BigEndian, uni.IgnoreBOM)
	for _, tt := range []struct {
		name, charset string
		b             []byte
		want          string
	}{
		{"UTF-8 called Latin 1", "iso-8859-1", []byte(spanish), spanish},
		{"UTF-8 called Latin 9, one letter", "iso-8859-15", []byte("mañana"), "mañana"},
		{"UTF-8 called Cyrillic", "windows-1251", []byte(spanish), spanish},
		{"UTF-8 called Big5", "big5", []byte(spanish), spanish},
		{"emoji called Latin 1", "iso-8859-1", []byte("gracias 😀"), "gracias 😀"},
		{"windows-1252 called Chinese", "gb2312", encoded(t, charmap.Windows1252, spanish+", está"), spanish + ", está"},
		{"UTF-16, little-endian, without a mark", "utf-16", encoded(t, le, spanish), spanish},
		{"UTF-16 of the other order", "utf-16be", encoded(t, le, spanish), spanish},
		{"UTF-16 that nobody names", "", encoded(t, be, spanish), spanish},
		{"UTF-16 with a mark, called UTF-8", "utf-8", encoded(t, uni.UTF16(uni.LittleEndian, uni.UseBOM), spanish), spanish},
		{"ASCII called UTF-16", "utf-16", []byte("No funciona"), "No funciona"},
		{"UTF-8 called UTF-7", "utf-7", []byte(spanish + " 1+1"), spanish + " 1+1"},
		{"a telephone number in UTF-7", "utf-7", []byte("al +34963123456 o +- 1"), "al +34963123456 o + 1"},
		{"CESU-8", "utf-8", []byte("mañana \xed\xa0\xbd\xed\xb8\x80"), "mañana 😀"},
		{"UTF-8 and windows-1252, one letter each", "utf-8", []byte("mañana y a\xf1o"), "mañana y año"},

		{"a name in capitals before a dash", "windows-1252", encoded(t, charmap.Windows1252, "PADRÓ–"), "PADRÓ–"},
		{"an ellipsis behind a capital, called UTF-8", "utf-8", encoded(t, charmap.Windows1252, "INFORMACIÓ… a\u00f1o"), "INFORMACIÓ… año"},
		{"French quotation marks, called UTF-8", "utf-8", encoded(t, charmap.Windows1252, "à\u00a0«\u00a0bientôt\u00a0»"), "à\u00a0«\u00a0bientôt\u00a0»"},
		{"Cyrillic", "windows-1251", encoded(t, charmap.Windows1251, "Её дом"), "Её дом"},
		{"Russian", "koi8-r", encoded(t, charmap.KOI8R, "Ёлка и её дом"), "Ёлка и её дом"},
		{"Chinese", "gb2312", encoded(t, simplifiedchinese.GBK, "录入"), "录入"},
		{"Chinese that was cut", "gb2312", append(encoded(t, simplifiedchinese.GBK, "单据无法打开"), 0xc4), "单据无法打开\uFFFD"},
		{"Japanese that was cut", "shift_jis", append(encoded(t, japanese.ShiftJIS, "テストのテスト"), 0x83), "テストのテスト\uFFFD"},
		{"Chinese of Taiwan", "big5", encoded(t, traditionalchinese.Big5, "無法登入"), "無法登入"},
		{"Korean", "euc-kr", encoded(t, korean.EUCKR, "안녕하세요"), "안녕하세요"},
		{"Chinese in UTF-16", "utf-16be", encoded(t, be, "你好世界"), "你好世界"},
		{"Hebrew", "iso-8859-8-i", []byte("\xf9\xec\xe5\xed"), "שלום"},
		{"cp850 with a euro sign", "cp858", []byte("20 \xd5"), "20 €"},
		{"defined by nobody", "x-user-defined", []byte("a\xf1o"), "año"},
	} {
		if got, _ := decode(tt.b, tt.charset, ""); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// FuzzDecode: bytes in any charset give valid UTF-8, not many times as long, and
// what is honest UTF-8 is not changed.
func FuzzDecode(f *testing.F) {
	for _, charset := range []string{"", "utf-8", "utf-7", "utf-16", "utf-16le", "utf-32", "gb2312", "iso-2022-jp", "iso-2022-kr", "shift_jis", "cp850", "windows-1252", "hz"} {
		f.Add([]byte("Ma+APE-ana se\xf1or \xed\xa0\xbd\xed\xb8\x80 \x1b$B2q5D\x1b(B \x0e \x0f ~{ ñ"), charset)
		f.Add([]byte("M\x00a\x00\xf1\x00\xff"), charset)
	}
	f.Fuzz(func(t *testing.T, b []byte, charset string) {
		s, _ := decode(b, charset, "windows-1252")
		if !utf8.ValidString(s) || len(s) > 8*len(b)+8 {
			t.Errorf("%d bytes of %q give %d: %q", len(b), charset, len(s), s)
		}
		if charset == "utf-8" && utf8.Valid(b) && len(b) > 0 && b[0] > ' ' && b[0] < 0x80 && !hasNUL(b) && s != string(b) {
			t.Errorf("%q became %q", b, s)
		}
	})
}

func hasNUL(b []byte) bool {
	even, odd := zeros(b)
	return even+odd > 0
}
