import { once } from 'node:events';
import { connect } from 'node:net';

/** Everything that a server says to these bytes, until it hangs up. @throws when the connection breaks. */
export async function saidTo(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.on('data', (data) => {
    said += data;
  });
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return said;
}
