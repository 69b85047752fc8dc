#!/usr/bin/env -S node --max-semi-space-size=8
// The flag: small scavenges are short ones (CONTRIBUTING, decision 12). V8 takes it at start only.
import { keepCompiledModules } from './runtime/compile-cache.ts';

keepCompiledModules(process.env);
// Imported afterwards, for what is imported before is not in the cache.
const { runProcess } = await import('./cli/run-process.ts');
await runProcess();
