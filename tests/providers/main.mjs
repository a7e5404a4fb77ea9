// The mock providers as a program: PORT says where (9002).
import { startProviders } from './server.mjs';

const { url } = await startProviders({ port: Number(process.env.PORT ?? 9002) });
console.log(`Mock identity providers on ${url}`);
