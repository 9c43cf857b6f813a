package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// sourceOf is the network that a request comes from: an IPv4 address, or the /64 of
// an IPv6 one, which is what one subscriber has. A proxy on the same machine says in
// X-Forwarded-For whom it speaks for, and only such a one is believed. From the
// machine itself it is "".
func sourceOf(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	client := peer.Addr().Unmap()
	if client.IsLoopback() {
		all := r.Header.Values("X-Forwarded-For")
		if len(all) == 0 {
			return ""
		}
		// Each proxy adds whom it saw; only the last one is ours.
		last := all[len(all)-1]
		if client, err = netip.ParseAddr(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])); err != nil {
			return ""
		}
		client = client.Unmap()
	}
	bits := 32
	if client.Is6() {
		bits = 64
	}
	network, err := client.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}
