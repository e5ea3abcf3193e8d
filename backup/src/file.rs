//! One file of a backup: lines, compressed, and encrypted if there are recipients.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use age::stream::StreamWriter;
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use sha2::{Digest, Sha256};
use varanus_proto::{Error, Result};

/// Longest line that is read: a document of MongoDB has 16 MiB, and a few bytes of
/// it may become several.
const LINE: u64 = 128 << 20;

/// The end of an encrypted file's name.
pub(crate) const ENCRYPTED: &str = ".age";

/// Whom a backup is encrypted to; nobody means that it is not.
#[derive(Clone, Default)]
pub struct Recipients(Arc<Vec<age::x25519::Recipient>>);

impl Recipients {
    /// Reads age recipients (`age1…`). Errors: `Invalid` with the one that is none.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let parse = |text: &str| {
            age::x25519::Recipient::from_str(text.trim()).map_err(|why| {
                // A private key given by mistake must not be shown.
                let shown = if text.trim().starts_with("age1") { text } else { "it" };
                Error::invalid(format!(
                    "a backup cannot be encrypted to {shown:?}: {why}; a recipient begins with age1 (`age-keygen` \
                     prints it)"
                ))
            })
        };
        let all = texts.into_iter().filter(|text| !text.trim().is_empty()).map(parse);
        Ok(Self(Arc::new(all.collect::<Result<_>>()?)))
    }

    /// Whether nobody is among them.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The private keys that encrypted backups are read with.
#[derive(Clone, Default)]
pub struct Identities {
    keys: Arc<Vec<age::x25519::Identity>>,
    from: Option<PathBuf>,
}

impl Identities {
    /// Reads a file as `age-keygen` writes it: a key a line, `#` begins a comment.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| {
            Error::invalid(format!("cannot read the age identities in {}", path.display()))
                .cause(error)
        })?;
        let mut keys = Vec::new();
        for (line, text) in text.lines().enumerate() {
            if text.trim().is_empty() || text.trim().starts_with('#') {
                continue;
            }
            keys.push(age::x25519::Identity::from_str(text.trim()).map_err(|_| {
                let at = format!("{}:{}", path.display(), line + 1);
                Error::invalid(format!(
                    "{at}: it is not an age identity; a line holds AGE-SECRET-KEY-1… or a comment"
                ))
            })?);
        }
        Ok(Self { keys: Arc::new(keys), from: Some(path.to_owned()) })
    }
}

enum Inner {
    Plain(BufWriter<File>),
    Encrypted(StreamWriter<BufWriter<File>>),
}

impl Write for Inner {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Encrypted(stream) => stream.flush(),
        }
    }
}

/// What a finished file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) documents: u64,
    /// Of the lines, before they were compressed.
    pub(crate) sha256: String,
}

/// Writes a file, which must not exist.
pub(crate) struct Lines {
    path: PathBuf,
    stream: GzEncoder<Inner>,
    digest: Sha256,
    documents: u64,
}

impl Lines {
    /// Begins a file.
    pub(crate) fn create(path: PathBuf, recipients: &Recipients) -> Result<Self> {
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = BufWriter::new(file.map_err(|error| failed(&path, error))?);
        let inner = if recipients.is_empty() {
            Inner::Plain(file)
        } else {
            let to = recipients.0.iter().map(|recipient| recipient as &dyn age::Recipient);
            let stream = age::Encryptor::with_recipients(to)
                .map_err(io::Error::other)
                .and_then(|encryptor| encryptor.wrap_output(file));
            Inner::Encrypted(stream.map_err(|error| failed(&path, error))?)
        };
        let stream = GzEncoder::new(inner, Compression::default());
        Ok(Self { path, stream, digest: Sha256::new(), documents: 0 })
    }

    /// Adds a line.
    pub(crate) fn add(&mut self, mut line: String) -> Result<()> {
        line.push('\n');
        self.digest.update(line.as_bytes());
        self.documents += 1;
        self.stream.write_all(line.as_bytes()).map_err(|error| failed(&self.path, error))
    }

    /// Ends the file; it is on the disk when this returns.
    pub(crate) fn finish(self) -> Result<Content> {
        let Self { path, stream, digest, documents } = self;
        let end = || -> io::Result<()> {
            let file = match stream.finish()? {
                Inner::Plain(file) => file,
                Inner::Encrypted(stream) => stream.finish()?,
            };
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
        };
        end().map_err(|error| failed(&path, error))?;
        Ok(Content { documents, sha256: hex::encode(digest.finalize()) })
    }
}

/// What a failed write means.
pub(crate) fn failed(path: &Path, error: io::Error) -> Error {
    let place = path.display();
    let message = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => format!(
            "the disk of {place} is full; there is no new backup; free some space (`km database prune` with a smaller \
             max_backups) and try again"
        ),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!(
            "cannot write {place}; the folder of backups (backups_folder, KOMODO_CLI_BACKUPS_FOLDER) must be writable \
             for this program"
        ),
        _ => format!("cannot write {place}"),
    };
    Error::unavailable(message).cause(error)
}

/// Reads a file line by line.
pub(crate) struct Reading {
    path: PathBuf,
    stream: BufReader<Box<dyn Read + Send>>,
    digest: Sha256,
    line: u64,
}

impl Reading {
    pub(crate) fn open(path: &Path, identities: &Identities) -> Result<Self> {
        let place = path.display();
        let file = File::open(path)
            .map_err(|error| Error::unavailable(format!("cannot read {place}")).cause(error))?;
        let file = BufReader::new(file);
        let raw: Box<dyn Read + Send> = if place.to_string().ends_with(ENCRYPTED) {
            if identities.keys.is_empty() {
                return Err(Error::invalid(format!(
                    "{place} is encrypted; name the file of the private key (`--identity FILE`)"
                )));
            }
            let decryptor = age::Decryptor::new_buffered(file)
                .map_err(|error| damaged(path, 0, "it is no whole age file").cause(error))?;
            let keys = identities.keys.iter().map(|key| key as &dyn age::Identity);
            Box::new(decryptor.decrypt(keys).map_err(|error| {
                let from = identities.from.as_deref().unwrap_or(Path::new("")).display();
                Error::invalid(format!(
                    "no key in {from} opens {place}; it was encrypted to others"
                ))
                .cause(error)
            })?)
        } else {
            Box::new(file)
        };
        let stream: Box<dyn Read + Send> = Box::new(MultiGzDecoder::new(raw));
        let stream = BufReader::with_capacity(64 << 10, stream);
        Ok(Self { path: path.to_owned(), stream, digest: Sha256::new(), line: 0 })
    }

    /// The next line that is not empty, with its number.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, String)>> {
        loop {
            let mut bytes = Vec::new();
            let read = (&mut self.stream).take(LINE).read_until(b'\n', &mut bytes);
            let read = read.map_err(|error| {
                let why = match error.kind() {
                    io::ErrorKind::UnexpectedEof => "the file ends here; the rest of it is missing",
                    _ => "it cannot be read on from here",
                };
                damaged(&self.path, self.line + 1, why).cause(error)
            })?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            self.digest.update(&bytes);
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            let line = String::from_utf8(bytes)
                .map_err(|_| damaged(&self.path, self.line, "it is not text"))?;
            if !line.trim().is_empty() {
                return Ok(Some((self.line, line)));
            }
        }
    }

    /// The digest of all lines; only after the last one.
    pub(crate) fn sha256(self) -> String {
        hex::encode(self.digest.finalize())
    }
}

/// A file that is not as it was written. Line 0 is the file as a whole.
pub(crate) fn damaged(path: &Path, line: u64, why: &str) -> Error {
    let path = path.display();
    let at = if line == 0 { path.to_string() } else { format!("{path}:{line}") };
    Error::invalid(format!(
        "{at}: {why}; the backup is damaged: take an older one (`--restore-folder`)"
    ))
}
