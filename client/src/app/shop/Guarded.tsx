import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useContext,
  useLayoutEffect,
  useSyncExternalStore,
} from 'react';
import { ActionPlaceContext } from './actionPlace';

interface Props {
  /** What stands in the place of the action: another name is another control. */
  name: 'buy' | 'print' | 'signIn';
  /** A row of presses that began on the control before goes on being ignored until it ends. */
  unhurried?: boolean;
  children: (settled: boolean) => ReactNode;
}

/** A control that took the place of another under the finger. For a moment, and to a key held down, it is deaf. */
export function Guarded({ name, unhurried = false, children }: Props) {
  const place = useContext(ActionPlaceContext);
  const settled = useSyncExternalStore(place.subscribe, place.settled);
  useLayoutEffect(() => {
    place.enter(name);
    return () => place.leave();
  }, [place, name]);
  const press = (event: MouseEvent) => {
    // The form asks for a name first: one press on it does nothing.
    if (place.settled() || name === 'signIn') return;
    event.preventDefault();
    event.stopPropagation();
    if (unhurried) place.hush();
  };
  return (
    <div onClickCapture={press} onKeyDownCapture={once}>
      {children(settled)}
    </div>
  );
}

/** The browser presses a button again and again while Enter is held down. */
function once(event: KeyboardEvent): void {
  if (event.key === 'Enter' && event.repeat) event.preventDefault();
}
