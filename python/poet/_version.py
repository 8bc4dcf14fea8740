"""The version of the distribution, without a look at installed metadata."""

VERSION = "0.1.0"
