import type { Plugin } from 'vite';

export function openaiPlugin(): Plugin;
