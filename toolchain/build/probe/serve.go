package main

import (
	"fmt"
	"io"
	"net"
	"strconv"
)

func parsePorts(words []string) ([]int, error) {
	ports := make([]int, 0, len(words))
	for _, word := range words {
		port, err := strconv.Atoi(word)
		if err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("PORT must be 1 to 65535, not %q", word)
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// serve listens on every port before it answers on any: whoever reaches one knows that all of them would answer. TCP comes
// last and in reverse, since the kubelet watches the first port's.
func serve(ports []int) error {
	var connections []net.PacketConn
	var listeners []net.Listener
	for _, port := range ports {
		connection, err := net.ListenPacket("udp4", fmt.Sprintf(":%d", port))
		if err != nil {
			return err
		}
		connections = append(connections, connection)
	}
	for index := len(ports) - 1; index >= 0; index-- {
		listener, err := net.Listen("tcp4", fmt.Sprintf(":%d", ports[index]))
		if err != nil {
			return err
		}
		listeners = append(listeners, listener)
	}
	for _, connection := range connections {
		go echoDatagrams(connection)
	}
	for _, listener := range listeners {
		go accept(listener)
	}
	return nil
}

func echoDatagrams(connection net.PacketConn) {
	buffer := make([]byte, 512)
	for {
		length, sender, err := connection.ReadFrom(buffer)
		if err != nil {
			continue
		}
		_, _ = connection.WriteTo(buffer[:length], sender)
	}
}

func accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			continue
		}
		go func() {
			defer connection.Close()
			_, _ = io.Copy(connection, connection)
		}()
	}
}
