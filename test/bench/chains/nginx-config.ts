import path from 'node:path'

/** What all nginx of this benchmark have in common: one worker, no logs, connections that stay. */
export function nginxConfig(folder: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(name => `  ${name}_temp_path ${path.join(folder, name)};`)
    .join('\n')
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${path.join(folder, 'nginx.pid')};
events { worker_connections 8192; }
http {
  access_log off;
${temporary}
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
${http}
}
`
}
