import { ApolloClient } from '@apollo/client';
import { StrictMode } from 'react';
import { MemoryRouter } from 'react-router';
import { Session, TOKEN_KEY } from '../../features/session/session';
import { cannedLink } from '../../gallery/canned';
import { Rail } from '../../gallery/Rail';
import { show, stateOf } from '../../gallery/show';
import { Connection } from '../../shared/connection/connection';
import { createDeskCache } from '../cache';
import { DeskParts, Pages } from '../Desk';
import { type State, states } from './states';

const BASE = '/desk/gallery';

/** The desk's own parts, with nobody at the other end of the line. */
function servicesOf({ signedIn, answers, offline }: State) {
  const kept = new Map<string, string>();
  if (signedIn) kept.set(TOKEN_KEY, 'mona').set('stampede.name', 'mona');
  const session = new Session({
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => void kept.set(key, value),
    remove: (key) => void kept.delete(key),
  });
  const connection = new Connection(Date.now);
  connection.opened();
  if (offline) connection.lost();
  const client = new ApolloClient({ cache: createDeskCache(), link: cannedLink(answers) });
  return { session, connection, client };
}

/** Every state of the desk: the list of them, and each at an address of its own. In development only. */
export async function showGallery(): Promise<void> {
  const all = states(Date.now());
  const state = all[stateOf(BASE)];
  if (!state) {
    await show(<Rail title="The operator’s desk" base={BASE} names={Object.keys(all)} />);
    return;
  }
  await show(
    <StrictMode>
      <DeskParts services={servicesOf(state)} demo={state.demo ?? false}>
        <MemoryRouter initialEntries={[state.path || '/']}>
          <Pages />
        </MemoryRouter>
      </DeskParts>
    </StrictMode>,
    state.deeds,
  );
}
