package remote

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
)

// target is the file system of a host.
type target struct{ *sftp.Client }

// write puts text into the file at to, whose folder is made.
func (t target) write(text, to string) error {
	info, err := t.stat(to)
	if err != nil {
		return err
	}
	if info != nil && info.IsDir() {
		return fmt.Errorf("remote path %s is a directory; when using a text asset, remotePath must be a file path", to)
	}
	if err := t.makeFolder(path.Dir(to)); err != nil {
		return err
	}
	return t.fill(strings.NewReader(text), to)
}

// place copies the local file or folder from. Into a folder that exists a file goes under its own name; a folder
// always does, unless from ends with a slash, which means its contents.
func (t target) place(from, to string) error {
	source, err := os.Stat(from)
	if err != nil {
		return err
	}
	destination, err := t.stat(to)
	if err != nil {
		return err
	}
	if source.IsDir() {
		if !strings.HasSuffix(from, "/") {
			to = path.Join(to, filepath.Base(from))
		}
		return t.copyFolder(from, to)
	}
	switch {
	case destination == nil:
		if err := t.makeFolder(path.Dir(to)); err != nil {
			return err
		}
	case destination.IsDir():
		to = path.Join(to, filepath.Base(from))
	}
	return t.copyFile(from, to)
}

func (t target) copyFolder(from, to string) error {
	return fs.WalkDir(os.DirFS(from), ".", func(below string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return t.makeFolder(path.Join(to, below))
		}
		return t.copyFile(filepath.Join(from, below), path.Join(to, below))
	})
}

func (t target) copyFile(from, to string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	return t.fill(file, to)
}

func (t target) fill(content io.Reader, to string) error {
	file, err := t.Create(to)
	if err != nil {
		return fmt.Errorf("failed to create remote file %s: %w", to, err)
	}
	_, err = file.ReadFrom(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("failed to write to remote path %s: %w", to, err)
	}
	return nil
}

// makeFolder makes a folder and those above it, as far as they are missing.
func (t target) makeFolder(folder string) error {
	if err := t.MkdirAll(folder); err != nil {
		return fmt.Errorf("failed to create remote directory %s: %w", folder, err)
	}
	return nil
}

// stat gives nil for what does not exist.
func (t target) stat(name string) (fs.FileInfo, error) {
	info, err := t.Stat(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to stat remote path %s: %w", name, err)
	}
	return info, nil
}
