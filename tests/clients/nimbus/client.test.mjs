// The Java program of docs/origins.md, tests/origin/verify/java, with nimbus-jose-jwt.
import { testsVerifier } from '../verify.mjs';

testsVerifier('nimbus', ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', 'Verify']);
