// The Go program of docs/origins.md, tests/origin/verify/go, with go-jose v4.
import { testsVerifier } from '../verify.mjs';

testsVerifier('go-jose');
