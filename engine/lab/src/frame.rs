//! How a request and its answer travel over a socket: fields of bytes, each behind its length.

use std::io::{self, Read, Write};

/// No field is longer; a longer length is garbage.
const MOST: u64 = 256 << 20;

pub(crate) fn write(out: &mut impl Write, fields: &[&[u8]]) -> io::Result<()> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&(fields.len() as u64).to_be_bytes());
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    out.write_all(&bytes)?;
    out.flush()
}

pub(crate) fn read(from: &mut impl Read) -> io::Result<Vec<Vec<u8>>> {
    let count = length(from)?;
    let mut fields = Vec::new();
    for _ in 0..count {
        let length = length(from)?;
        let mut field = Vec::new();
        from.take(length).read_to_end(&mut field)?;
        if field.len() as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        fields.push(field);
    }
    Ok(fields)
}

fn length(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    let length = u64::from_be_bytes(bytes);
    if length > MOST {
        return Err(io::Error::other("this is not what a lab says"));
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_and_half_of_them_do_not() {
        let mut bytes = Vec::new();
        write(&mut bytes, &[b"exec", b"", b"a\nb\0"]).unwrap();
        assert_eq!(read(&mut bytes.as_slice()).unwrap(), [b"exec".to_vec(), vec![], b"a\nb\0".to_vec()]);
        for end in 0..bytes.len() {
            assert!(read(&mut &bytes[..end]).is_err(), "{end}");
        }
        assert!(read(&mut [0xff; 40].as_slice()).is_err());
    }
}
